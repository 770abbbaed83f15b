import type { AddedBlob, BackupFolder } from '../../adapters/folder/backup.js';
import { listHomeFiles, readHomeFile } from '../../adapters/folder/home.js';
import type { Inventory, StoredObject } from '../../adapters/minio/inventory.js';
import { eachOf } from '../../adapters/store-ledger/eachOf.js';
import type { BackupIndex, BackupSeal, CopiedFile, CopiedObject } from '../../domain/backup/backup.js';
import type { BlobRef, Digest } from '../../domain/artifact/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { CHECKPOINTS } from '../../domain/ledger/keys.js';
import type { BlobStore } from '../../ports/blobStore.js';
import type { AuditLedger } from './auditBackup.js';

/** One bucket, to be read. */
export interface SourceBucket extends Pick<BlobStore, 'getDocument' | 'getBlobToFile'> {
  readonly inventory: Pick<Inventory, 'listObjects'>;
}

export interface BackupSources {
  readonly home: string;
  /** Undefined: the home alone. */
  readonly buckets?: { readonly store: SourceBucket; readonly ledger: SourceBucket };
}

export interface BackupOptions {
  readonly privateKeys: boolean;
  readonly now: () => number;
  readonly say: (text: string) => void;
  readonly audit: AuditLedger;
}

export interface BackupTaken extends BackupSeal {
  /** What was not in the folder yet. */
  readonly copied: BlobRef['size'];
  readonly copiedObjects: number;
}

const BLOBS = 'blobs/sha256/';
const PARALLEL = 8;

interface Pass {
  readonly bucket: CopiedObject['bucket'];
  readonly of: (key: string) => boolean;
}

/**
 * While the installation runs, what names comes before what is named: activities store first and name afterwards, so
 * that whatever a copied document names is in a later listing. Checkpoints name entries, documents and entries name blobs.
 */
const PASSES: readonly Pass[] = [
  { bucket: 'ledger', of: (key) => key.startsWith(CHECKPOINTS) },
  { bucket: 'ledger', of: (key) => !key.startsWith(CHECKPOINTS) },
  { bucket: 'store', of: (key) => !key.startsWith(BLOBS) },
  { bucket: 'store', of: (key) => key.startsWith(BLOBS) },
];

/**
 * Copies an installation into a folder. Bytes that are there already are not read again. The seal comes last, after the
 * copied ledger was found to be what was written: whatever ends before that leaves the earlier backups, and no new one.
 */
export const takeBackup = async (
  folder: BackupFolder,
  { home, buckets }: BackupSources,
  { privateKeys, now, say, audit }: BackupOptions,
): Promise<BackupTaken> => {
  const at = now();
  const before = await lastIndex(folder);
  let [copied, copiedObjects] = [0, 0];
  const count = ({ size, added }: AddedBlob): void => {
    if (!added) return;
    copied += size;
    copiedObjects += 1;
  };
  const files = await copyHome(folder, home, privateKeys);
  const objects: CopiedObject[] = [];
  for (const { bucket, of } of buckets === undefined ? [] : PASSES) {
    const source = buckets![bucket];
    const listed = (await source.inventory.listObjects('')).filter(({ key }) => of(key));
    say(`${bucket}: ${listed.length} objects`);
    objects.push(...(await copyObjects(folder, source, bucket, listed, before, count)));
  }
  const index: BackupIndex = { objects, files };
  const ledger = buckets === undefined ? undefined : await audit(folder, index);
  if (ledger?.ok === false) throw tampered(ledger.faults);
  const checkpoint = ledger?.newest?.digest;
  const sealed = await folder.seal(index, { at, privateKeys, ...(checkpoint === undefined ? {} : { checkpoint }) });
  return { ...sealed, copied, copiedObjects };
};

export const tampered = (faults: readonly { readonly reason: string; readonly stream?: string }[]): SlipwayError => {
  const [first] = faults;
  return new SlipwayError(
    'ledger_tampered',
    `the ledger of the copy has ${faults.length} faults; the first: ${first?.stream ?? 'checkpoints'}: ${first?.reason ?? ''}`,
    { faults },
  );
};

const copyHome = async (folder: BackupFolder, home: string, privateKeys: boolean): Promise<readonly CopiedFile[]> => {
  const files: CopiedFile[] = [];
  for (const { path, kind, mode } of await listHomeFiles(home)) {
    if (kind === 'private' && !privateKeys) continue;
    const bytes = await readHomeFile(home, path);
    if (bytes === undefined) continue;
    const { digest, size } = await folder.addBytes(bytes);
    files.push({ path, mode, digest, size });
  }
  return files;
};

/** What the last backup copied of each object, where its bytes are still here. */
type Before = ReadonlyMap<string, CopiedObject>;

const lastIndex = async (folder: BackupFolder): Promise<Before> => {
  const last = (await folder.seals()).at(-1);
  if (last === undefined) return new Map();
  return new Map((await folder.index(last)).objects.map((one) => [`${one.bucket}/${one.key}`, one]));
};

const copyObjects = async (
  folder: BackupFolder,
  source: SourceBucket,
  bucket: CopiedObject['bucket'],
  listed: readonly StoredObject[],
  before: Before,
  count: (blob: AddedBlob) => void,
): Promise<readonly CopiedObject[]> => {
  const found = new Map<string, CopiedObject>();
  await eachOf(
    listed,
    async (object) => {
      const known = await unchanged(folder, object, before.get(`${bucket}/${object.key}`));
      const blob = known === undefined ? await copyObject(folder, source, object) : { ...known, added: false };
      if (blob === undefined) return;
      count(blob);
      const { key, etag, at } = object;
      found.set(key, { bucket, key, etag, at, digest: blob.digest, size: blob.size });
    },
    PARALLEL,
  );
  return listed.flatMap(({ key }) => found.get(key) ?? []);
};

const unchanged = async (
  folder: BackupFolder,
  { key, size, etag, at }: StoredObject,
  before: CopiedObject | undefined,
): Promise<BlobRef | undefined> => {
  const digest = digestOfKey(key);
  const same = before?.size === size && before.etag === etag && before.at === at && etag !== '';
  const known = digest === undefined ? (same ? before : undefined) : { digest, size };
  return known !== undefined && (await folder.has(known)) ? known : undefined;
};

/** Undefined where it has gone since it was listed. */
const copyObject = async (
  folder: BackupFolder,
  source: SourceBucket,
  { key }: StoredObject,
): Promise<AddedBlob | undefined> => {
  const digest = digestOfKey(key);
  if (digest === undefined) {
    const bytes = await source.getDocument(key);
    return bytes === undefined ? undefined : folder.addBytes(bytes);
  }
  try {
    return await folder.addFile(digest, (path) => source.getBlobToFile(digest, path));
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'not_found') return undefined;
    throw error;
  }
};

/** A blob's name says what it holds; it is checked when it is read. */
const digestOfKey = (key: string): Digest | undefined => {
  const hex = key.startsWith(BLOBS) ? key.slice(BLOBS.length) : '';
  return /^[0-9a-f]{64}$/.test(hex) ? `sha256:${hex}` : undefined;
};
