import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, mkdir, open, writeFile } from 'node:fs/promises';
import type { Digest } from '../src/domain/artifact/types.js';
import { isUnreadable, NO_FILE, type GuardedFolder } from './guardedFolder.js';
import { holdFile } from './writtenFile.js';

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
export const makeFolder = async (files: GuardedFolder, folder: string): Promise<void> => {
  await files.clear(folder);
  await files.place(folder, async (path) => {
    await mkdir(path);
    return {};
  });
};

/** Its files, while a step may be writing to it: another look says whether they are still the same. */
export const listFolder = async (files: GuardedFolder, folder: string): Promise<readonly FolderFile[]> => {
  const root = await files.hold(folder, async ({ info }) => (info.isDirectory() ? {} : NO_FILE));
  if (isUnreadable(root)) throw new Unsavable('it is no folder any more');
  const found: FolderFile[] = [];
  for (const { path, link } of await files.list(folder)) {
    const file = link ? NO_FILE : await holdFile(files, `${folder}/${path}`, async ({ info }) => ({ info }));
    if (isUnreadable(file)) throw new Unsavable(`${path} in it is no file`);
    const { size, mode, ino, mtimeNs, ctimeNs } = file.info;
    const executable = (mode & 0o100n) !== 0n;
    found.push({ path, size: Number(size), executable, mark: [ino, size, mtimeNs, ctimeNs].join(' ') });
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
};

/** Hands a file over in pieces, one after the other; never more than it had when it was listed. */
export const eachPiece = async (
  files: GuardedFolder,
  folder: string,
  { path, size }: FolderFile,
  take: (piece: Piece) => Promise<void>,
): Promise<void> => {
  const read = await holdFile(files, `${folder}/${path}`, async ({ file }) => {
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      for (let at = 0; at < size;) {
        const bytes = new Uint8Array(Math.min(PIECE_BYTES, size - at));
        const { bytesRead } = await handle.read(bytes, 0, bytes.length, at);
        if (bytesRead === 0) return {};
        at += bytesRead;
        const piece = bytes.subarray(0, bytesRead);
        await take({ digest: digestOfBytes(piece), bytes: piece });
      }
      return {};
    } finally {
      await handle.close();
    }
  });
  if (isUnreadable(read)) throw new Unsavable(`${path} in it is no file`);
};

/** Writes a file of the folder from its pieces. */
export const placePieces = async (
  files: GuardedFolder,
  path: string,
  executable: boolean,
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> => {
  await files.place(path, async (file) => {
    await writeFile(file, pieces, { flag: 'wx' });
    return {};
  });
  if (!executable) return;
  await holdFile(files, path, async ({ file }) => {
    await chmod(file, 0o755);
    return {};
  });
};

export const digestOfBytes = (bytes: Uint8Array): Digest =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
