import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { NO_FILE, type GuardedFolder, type Held, type Unreadable } from './guardedFolder.js';

const MIB = 1024 * 1024;

/** Works on a file that a step was free to write, where it is an ordinary one: no pipe, no device, no folder. */
export const holdFile = <T extends object>(
  files: GuardedFolder,
  path: string,
  work: (held: Held) => Promise<T>,
): Promise<T | Unreadable> =>
  files.hold<T | Unreadable>(path, async (held) => (held.info.isFile() ? work(held) : NO_FILE));

/** Its text, where it is at most so long. */
export const readWritten = (
  files: GuardedFolder,
  path: string,
  maxBytes: number,
): Promise<{ readonly text: string } | Unreadable> =>
  holdFile<{ readonly text: string } | Unreadable>(files, path, async ({ file, info }) => {
    if (info.size > maxBytes)
      return { missing: false, problem: `is larger than ${maxBytes / MIB} MiB, and is not read` };
    // Waits for nobody (a pipe without a writer would, without end), should it have taken the file's place meanwhile.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
    if (handle === undefined) return { missing: false, problem: 'cannot be read' };
    try {
      const now = await handle.stat({ bigint: true });
      if (now.dev !== info.dev || now.ino !== info.ino) return { missing: false, problem: 'changed while it was read' };
      return { text: await readUpTo(handle, Math.min(Number(now.size), maxBytes)) };
    } finally {
      await handle.close();
    }
  });

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
