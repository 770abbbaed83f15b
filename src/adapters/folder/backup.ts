import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../domain/canonical.js';
import { readIndex, readSeal, type BackupIndex, type BackupSeal } from '../../domain/backup/backup.js';
import type { BlobRef, Digest } from '../../domain/artifact/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';

/** Backups of one installation in a folder: bytes under their digests, which all backups share, and one seal per backup. */
export interface BackupFolder {
  readonly directory: string;
  /** Backups that were completed, oldest first. */
  seals(): Promise<readonly BackupSeal[]>;
  /** `digest_mismatch` where it is not what was sealed. */
  index(seal: BackupSeal): Promise<BackupIndex>;
  has(blob: BlobRef): Promise<boolean>;
  addBytes(bytes: Uint8Array): Promise<AddedBlob>;
  /** `write` writes the bytes of this digest, checked, to the path it is given. */
  addFile(digest: Digest, write: (path: string) => Promise<BlobRef>): Promise<AddedBlob>;
  /** Checked. */
  read(digest: Digest): Promise<Uint8Array>;
  pathOf(digest: Digest): string;
  /** Why these are not the bytes that were put there; undefined where they are. */
  damage(blob: BlobRef): Promise<string | undefined>;
  /** Completes a backup: from here on it is one. */
  seal(index: BackupIndex, about: Pick<BackupSeal, 'at' | 'privateKeys' | 'checkpoint'>): Promise<BackupSeal>;
}

export interface AddedBlob extends BlobRef {
  /** False: the folder had it. */
  readonly added: boolean;
}

const BLOBS = 'blobs/sha256';
const SEALS = 'backups';
/** What is being written; left behind by a process that was killed, it is nobody's after a day. */
const DRAFTS = 'drafts';
const DAY_MS = 86_400_000;
const READ_BYTES = 4 * 1024 * 1024;

/** A folder that is new, empty, or holds backups already; for its owner alone. */
export const openBackupFolder = async (
  directory: string,
  { make }: { readonly make: boolean },
): Promise<BackupFolder> => {
  const found = await readdir(directory).catch((): undefined => undefined);
  const holds = found?.includes(SEALS) === true;
  if (!make && !holds) throw new SlipwayError('not_found', `${directory} holds no backups`);
  if (make && !holds && found !== undefined && found.length > 0)
    throw new SlipwayError('usage', `${directory} is not empty, and holds no backups: name a new folder`);
  if (make) {
    for (const folder of [SEALS, BLOBS, DRAFTS]) await mkdir(join(directory, folder), { recursive: true, mode: 0o700 });
    await sweepDrafts(join(directory, DRAFTS));
  }
  return backupFolder(directory);
};

const backupFolder = (directory: string): BackupFolder => {
  const pathOf = (digest: Digest): string => join(directory, BLOBS, digest.slice('sha256:'.length));
  const draft = (): string => join(directory, DRAFTS, randomUUID());
  const has = async ({ digest, size }: BlobRef): Promise<boolean> =>
    (await stat(pathOf(digest)).catch(() => undefined))?.size === size;

  const addFile: BackupFolder['addFile'] = async (digest, write) => {
    const path = draft();
    try {
      const blob = await write(path);
      await chmod(path, 0o600);
      await synchronise(path);
      await rename(path, pathOf(digest));
      return { ...blob, added: true };
    } finally {
      await rm(path, { force: true });
    }
  };

  const addBytes: BackupFolder['addBytes'] = async (bytes) => {
    const blob: BlobRef = { digest: digestOf(bytes), size: bytes.length };
    if (await has(blob)) return { ...blob, added: false };
    return addFile(blob.digest, async (path) => {
      await writeNew(path, bytes);
      return blob;
    });
  };

  const read: BackupFolder['read'] = async (digest) => {
    const bytes = await readFile(pathOf(digest)).catch((cause: unknown) => {
      throw new SlipwayError('not_found', `${digest} is not in ${directory}`, { digest }, { cause });
    });
    if (digestOf(bytes) !== digest)
      throw new SlipwayError('digest_mismatch', `${digest} in ${directory} is damaged`, { digest });
    return bytes;
  };

  const seals: BackupFolder['seals'] = async () => {
    const found: BackupSeal[] = [];
    for (const name of (await readdir(join(directory, SEALS))).filter((one) => one.endsWith('.json')).sort()) {
      const opened = readSeal(parse(await readFile(join(directory, SEALS, name))));
      if (!opened.ok)
        throw new SlipwayError('digest_mismatch', `${join(directory, SEALS, name)} is no seal: ${opened.reason}`);
      found.push(opened.value);
    }
    return found;
  };

  /** The next number that nobody has taken: a seal appears whole under its name, or not at all. */
  const place = async (seal: Omit<BackupSeal, 'number'>): Promise<BackupSeal> => {
    for (let number = ((await seals()).at(-1)?.number ?? 0) + 1; ; number += 1) {
      const sealed: BackupSeal = { ...seal, number };
      const path = draft();
      await writeNew(path, encode(sealed));
      await synchronise(path);
      try {
        await link(path, join(directory, SEALS, `${String(number).padStart(6, '0')}.json`));
        await synchronise(join(directory, SEALS));
        return sealed;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      } finally {
        await rm(path, { force: true });
      }
    }
  };

  return {
    directory,
    seals,
    has,
    addBytes,
    addFile,
    read,
    pathOf,
    index: async ({ index }) => {
      const opened = readIndex(parse(await read(index)));
      if (!opened.ok) throw new SlipwayError('digest_mismatch', `${index} is no index of a backup: ${opened.reason}`);
      return opened.value;
    },
    damage: async ({ digest, size }) => {
      const info = await stat(pathOf(digest)).catch(() => undefined);
      if (info === undefined) return 'it is not there';
      if (info.size !== size) return `it has ${info.size} bytes, not ${size}`;
      const hash = createHash('sha256');
      for await (const chunk of createReadStream(pathOf(digest), { highWaterMark: READ_BYTES }))
        hash.update(chunk as Buffer);
      return `sha256:${hash.digest('hex')}` === digest ? undefined : 'its bytes have another digest';
    },
    seal: async (index, about) => {
      const { digest } = await addBytes(encode(index));
      await synchronise(join(directory, BLOBS));
      const { objects, files } = index;
      const bytes = [...objects, ...files].reduce((sum, { size }) => sum + size, 0);
      return place({ version: 1, ...about, index: digest, objects: objects.length, files: files.length, bytes });
    },
  };
};

const sweepDrafts = async (folder: string): Promise<void> => {
  for (const name of await readdir(folder)) {
    const info = await stat(join(folder, name)).catch(() => undefined);
    if (info !== undefined && Date.now() - info.mtimeMs > DAY_MS) await rm(join(folder, name), { force: true });
  }
};

const writeNew = async (path: string, bytes: Uint8Array): Promise<void> => {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
  } finally {
    await file.close();
  }
};

/** A file or a folder, so that it is still there after the power has gone. */
const synchronise = async (path: string): Promise<void> => {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
};

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(canonicalJson(value));

const parse = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
};

const digestOf = (bytes: Uint8Array): Digest => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
