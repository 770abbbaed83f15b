import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, readlink, realpath, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Digest } from '../src/domain/artifact/types.js';
import { clearOutputs, placeFor } from './stepOutputs.js';

export interface FolderFile {
  readonly path: string;
  readonly size: number;
  readonly executable: boolean;
  /** Changes with every write. */
  readonly mark: string;
}

export interface Piece {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

/** Why a folder cannot be saved now, as the end of a sentence. */
export class Unsavable extends Error {}

const PIECE_BYTES = 8 * 1024 * 1024;

/** An empty folder where the step finds its checkpoint. */
export const makeFolder = async (directory: string, folder: string): Promise<void> => {
  await clearOutputs(directory, [folder]);
  await mkdir(await placeFor(directory, folder), { recursive: true });
};

/** Its files, while a step may be writing to it: another look says whether they are still the same. */
export const listFolder = async (directory: string, folder: string): Promise<readonly FolderFile[]> => {
  const root = await rootOf(directory, folder);
  const items = await readdir(root, { recursive: true, withFileTypes: true });
  const found: FolderFile[] = [];
  for (const item of items) {
    if (item.isDirectory()) continue;
    const path = relative(root, join(item.parentPath, item.name)).split(sep).join('/');
    if (!item.isFile()) throw new Unsavable(`${path} in it is no file`);
    const { size, mode, ino, mtimeNs, ctimeNs } = await lstat(join(root, path), { bigint: true });
    const executable = (mode & 0o100n) !== 0n;
    found.push({ path, size: Number(size), executable, mark: [ino, size, mtimeNs, ctimeNs].join(' ') });
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
};

/** A file in pieces, one after the other; never what a link leads to, and never more than it had when it was listed. */
export const readPieces = async function* (
  directory: string,
  folder: string,
  { path, size }: FolderFile,
): AsyncGenerator<Piece> {
  const file = join(await rootOf(directory, folder), path);
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    // Where there is a /proc, it says what was opened in truth, also if a folder on the way was changed for a link.
    const opened = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => file);
    if (opened !== file || !(await handle.stat()).isFile()) throw new Unsavable(`${path} in it is no file`);
    for (let at = 0; at < size;) {
      const bytes = new Uint8Array(Math.min(PIECE_BYTES, size - at));
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      const piece = bytes.subarray(0, bytesRead);
      yield { digest: digestOfBytes(piece), bytes: piece };
    }
  } finally {
    await handle.close();
  }
};

/** Writes a file of the folder from its pieces. */
export const placePieces = async (
  directory: string,
  path: string,
  executable: boolean,
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> => {
  const file = await placeFor(directory, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, pieces, { flag: 'wx' });
  if (executable) await chmod(file, 0o755);
};

export const digestOfBytes = (bytes: Uint8Array): Digest =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const rootOf = async (directory: string, folder: string): Promise<string> => {
  const expected = join(await realpath(directory), folder);
  if ((await realpath(expected).catch(() => undefined)) !== expected) throw new Unsavable('it is no folder any more');
  return expected;
};
