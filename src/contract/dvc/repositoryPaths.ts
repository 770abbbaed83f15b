/**
 * A path of a dvc.yaml, from the folder it is relative to; undefined where it leads out of the repository, or to another
 * machine.
 *
 * @example joinPath('stages/train', '../data/rows.csv') // 'stages/data/rows.csv'
 */
export const joinPath = (folder: string, path: string): string | undefined => {
  if (/^(?:[a-z][\w+.-]*:\/\/|\/)/i.test(path) || /[\\\u0000-\u001f]/.test(path)) return undefined;
  const parts: string[] = folder === '' ? [] : folder.split('/');
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
};

/** Folder of a file; empty for the root. */
export const folderOf = (path: string): string => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '');
