import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, mkdir, open, writeFile } from 'node:fs/promises';
import type { Digest } from '../src/domain/artifact/types.js';
import { isUnreadable, type GuardedFolder, type Held, type Unreadable } from './guardedFolder.js';
import { holdFile } from './writtenFile.js';

export interface FolderFile {
  readonly path: string;
  readonly size: number;
  readonly executable: boolean;
  /** Changes with every write. */
  readonly mark: string;
}

/** Why a folder cannot be saved now, as the end of a sentence. */
export class Unsavable extends Error {}

const PIECE_BYTES = 8 * 1024 * 1024;

/** An empty folder where the step finds its checkpoint. */
export const makeFolder = async (files: GuardedFolder, folder: string): Promise<void> => {
  await files.clear(folder);
  await files.place(folder, async (place) => {
    await mkdir(place);
    return {};
  });
};

/** Its files, while a step may be writing to it: another look says whether they are still the same. */
export const listFolder = async (files: GuardedFolder, folder: string): Promise<readonly FolderFile[]> => {
  const found: FolderFile[] = [];
  for (const { path, link } of await files.list(folder)) {
    if (link) throw new Unsavable(`${path} in it is no file`);
    const file = await holdFile(files, `${folder}/${path}`, async ({ info }) => describe(path, info));
    if (!isUnreadable(file)) found.push(file);
    else if (!file.missing) throw new Unsavable(`${path} in it ${file.problem}`);
  }
  return found;
};

const describe = (path: string, { size, mode, ino, mtimeNs, ctimeNs }: Held['info']): FolderFile => ({
  ...{ path, size: Number(size), executable: (mode & 0o100n) !== 0n },
  mark: [ino, size, mtimeNs, ctimeNs].join(' '),
});

/**
 * A file in pieces, one after the other; never more than it had when it was listed. Nothing of one that has gone: then the
 * folder is no longer what was listed.
 */
export const readPieces = async (
  files: GuardedFolder,
  folder: string,
  { path, size }: FolderFile,
  take: (digest: Digest, bytes: Uint8Array) => Promise<void>,
): Promise<void> => {
  const read = await holdFile<object | Unreadable>(files, `${folder}/${path}`, async ({ file, info }) => {
    // Waits for nobody, should a pipe have taken the file's place meanwhile.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const now = await handle.stat({ bigint: true });
      if (now.dev !== info.dev || now.ino !== info.ino) return { missing: true, problem: 'changed while it was read' };
      for (let at = 0; at < size;) {
        const bytes = new Uint8Array(Math.min(PIECE_BYTES, size - at));
        const { bytesRead } = await handle.read(bytes, 0, bytes.length, at);
        if (bytesRead === 0) break;
        at += bytesRead;
        const piece = bytes.subarray(0, bytesRead);
        await take(digestOfBytes(piece), piece);
      }
      return {};
    } finally {
      await handle.close();
    }
  });
  if (isUnreadable(read) && !read.missing) throw new Unsavable(`${path} in it ${read.problem}`);
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
