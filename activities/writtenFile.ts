import { constants, type Stats } from 'node:fs';
import { lstat, open, readlink, realpath, type FileHandle } from 'node:fs/promises';
import { resolve, sep } from 'node:path';

/** What is wrong with a file that a step was free to write, as the end of a sentence that begins with its path. */
export interface Unreadable {
  readonly missing: boolean;
  readonly problem: string;
}

const MIB = 1024 * 1024;

/** Its real path, where it is an ordinary file below the directory: no pipe or device, and no link that leads out. */
export const findWritten = async (
  directory: string,
  path: string,
): Promise<{ readonly file: string; readonly info: Stats } | Unreadable> => {
  const root = await realpath(directory);
  const file = await realpath(resolve(root, path)).catch(() => undefined);
  if (file === undefined) return { missing: true, problem: 'was not written' };
  if (!file.startsWith(root + sep)) return { missing: false, problem: 'leads out of the checkout' };
  const info = await lstat(file).catch(() => undefined);
  return info?.isFile() === true ? { file, info } : { missing: false, problem: 'is no file' };
};

/**
 * Its text, where it is at most so long. Opening waits for nobody (a pipe without a writer would, without end), and what
 * took the file's place meanwhile is not read.
 */
export const readWritten = async (
  directory: string,
  path: string,
  maxBytes: number,
): Promise<{ readonly text: string } | Unreadable> => {
  const found = await findWritten(directory, path);
  if ('problem' in found) return found;
  if (found.info.size > maxBytes)
    return { missing: false, problem: `is larger than ${maxBytes / MIB} MiB, and is not read` };
  const handle = await open(found.file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW).catch(
    () => undefined,
  );
  if (handle === undefined) return { missing: false, problem: 'cannot be read' };
  try {
    const info = await handle.stat();
    const same = info.isFile() && info.dev === found.info.dev && info.ino === found.info.ino;
    // Where there is a /proc, it says what was opened in truth, also if a folder on the way was changed for a link.
    const opened = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => found.file);
    if (!same || opened !== found.file) return { missing: false, problem: 'changed while it was read' };
    return { text: await readUpTo(handle, info.size) };
  } finally {
    await handle.close();
  }
};

/** Not to its end, which may move on. */
const readUpTo = async (handle: FileHandle, size: number): Promise<string> => {
  const bytes = Buffer.alloc(size);
  let at = 0;
  for (;;) {
    const { bytesRead } = await handle.read(bytes, at, size - at, at);
    at += bytesRead;
    if (bytesRead === 0 || at === size) return bytes.toString('utf8', 0, at);
  }
};
