/**
 * Could this symbolic link lead out of the tree? Its target may climb only at its beginning, and no higher than the
 * link is deep. Then every name on the way is inside, whatever other links it passes, as the same is true of those.
 *
 * @param path of the link below the root, with slashes
 */
export const leavesTree = (path: string, target: string): boolean => {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return true;
  let room = path.split('/').length - 1;
  let climbing = true;
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') {
      climbing = false;
      continue;
    }
    if (!climbing || room === 0) return true;
    room -= 1;
  }
  return false;
};
