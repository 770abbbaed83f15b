import type { BlobRef, Digest } from '../artifact/types.js';
import { homeFileKind } from './homeFiles.js';

/** An object of one of the two buckets, as it was copied. */
export interface CopiedObject extends BlobRef {
  readonly bucket: 'ledger' | 'store';
  readonly key: string;
  /** What the store said of these bytes: as long as it says the same, they are not read again. */
  readonly etag: string;
  readonly at: number;
}

/** A file of the home, by its path below it. */
export interface CopiedFile extends BlobRef {
  readonly path: string;
  /** Permissions, as `chmod` has them. */
  readonly mode: number;
}

/** What one backup holds, by name; the bytes lie under their digests. */
export interface BackupIndex {
  readonly objects: readonly CopiedObject[];
  readonly files: readonly CopiedFile[];
}

/** Written when everything is there: without it, a backup was cut off, and is none. */
export interface BackupSeal {
  readonly version: 1;
  readonly number: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Of the index. */
  readonly index: Digest;
  readonly objects: number;
  readonly files: number;
  readonly bytes: number;
  readonly privateKeys: boolean;
  /** The newest checkpoint of the ledger in it. */
  readonly checkpoint?: Digest;
}

export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

const DIGEST = /^sha256:[0-9a-f]{64}$/;

export const readSeal = (value: unknown): Read<BackupSeal> => {
  const seal = (value ?? {}) as Partial<BackupSeal>;
  if (seal.version !== 1) return { ok: false, reason: `it is of version ${String(seal.version)}, known is 1` };
  const whole = isCount(seal.number) && isCount(seal.at) && DIGEST.test(String(seal.index));
  return whole ? { ok: true, value: seal as BackupSeal } : { ok: false, reason: 'it names no index' };
};

/**
 * A backup may come from elsewhere: files with names that no home has are refused, so that none leads out of it, or
 * brings in what is not looked at.
 */
export const readIndex = (value: unknown): Read<BackupIndex> => {
  const { objects, files } = (value ?? {}) as Partial<BackupIndex>;
  if (!Array.isArray(objects) || !Array.isArray(files)) return { ok: false, reason: 'it lists nothing' };
  const object = objects.findIndex((one: unknown) => !isObject((one ?? {}) as Partial<CopiedObject>));
  if (object >= 0) return { ok: false, reason: `entry ${object} of its objects is no object of a bucket` };
  const file = files.findIndex((one: unknown) => !isFile((one ?? {}) as Partial<CopiedFile>));
  if (file >= 0) return { ok: false, reason: `entry ${file} of its files is no file of a home` };
  return { ok: true, value: { objects, files } };
};

const isObject = ({ bucket, key, digest, size }: Partial<CopiedObject>): boolean =>
  (bucket === 'ledger' || bucket === 'store') &&
  typeof key === 'string' &&
  key !== '' &&
  DIGEST.test(String(digest)) &&
  isCount(size);

const isFile = ({ path, mode, digest, size }: Partial<CopiedFile>): boolean =>
  typeof path === 'string' &&
  homeFileKind(path) !== 'left' &&
  isCount(mode) &&
  (mode as number) <= 0o777 &&
  DIGEST.test(String(digest)) &&
  isCount(size);

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
