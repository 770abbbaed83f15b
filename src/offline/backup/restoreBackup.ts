import type { BackupFolder } from '../../adapters/folder/backup.js';
import { listHomeFiles, writeHomeFile } from '../../adapters/folder/home.js';
import type { MinioBlobStore } from '../../adapters/minio/blobStore.js';
import { eachOf } from '../../adapters/store-ledger/eachOf.js';
import type { BackupIndex, BackupSeal, CopiedObject } from '../../domain/backup/backup.js';
import { PRIVATE_FILES } from '../../domain/backup/homeFiles.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { LedgerAudit } from '../../domain/ledger/auditLedger.js';
import type { AuditLedger } from './auditBackup.js';
import { tampered } from './takeBackup.js';

export interface VerifiedBackup {
  readonly seal: BackupSeal;
  readonly index: BackupIndex;
  /** Undefined: it holds a home alone. */
  readonly ledger?: LedgerAudit;
}

export interface TargetBuckets {
  readonly store: MinioBlobStore;
  readonly ledger: MinioBlobStore;
  /** Makes the buckets that are missing. */
  prepare(): Promise<void>;
  /** Of the ledger as it lies there now. */
  audit(): Promise<LedgerAudit>;
}

export interface Restored extends BackupSeal {
  /** Files that only this installation had, and that have to be put back from where they are kept. */
  readonly missing: readonly string[];
}

type Say = (text: string) => void;

const PARALLEL = 8;
const BLOBS = 'blobs/sha256/';

/** The newest backup of a folder, or the one with this number. */
export const chooseSeal = async (folder: BackupFolder, number?: number): Promise<BackupSeal> => {
  const seals = await folder.seals();
  const seal = number === undefined ? seals.at(-1) : seals.find((one) => one.number === number);
  if (seal !== undefined) return seal;
  const there = seals.map((one) => one.number).join(', ');
  throw new SlipwayError(
    'not_found',
    seals.length === 0
      ? `no backup in ${folder.directory} was completed`
      : `${folder.directory} has no backup ${number}; it has ${there}`,
  );
};

/** Hashes every byte of a backup again, and audits the ledger in it. */
export const verifyBackup = async (
  folder: BackupFolder,
  seal: BackupSeal,
  audit: AuditLedger,
  say: Say,
): Promise<VerifiedBackup> => {
  const index = await folder.index(seal);
  const named = [...index.objects, ...index.files];
  say(`hashing ${named.length} objects and files`);
  const blobs = [...new Map(named.map((one) => [one.digest, one])).values()];
  const damaged: string[] = [];
  await eachOf(
    blobs,
    async (blob) => {
      const why = await folder.damage(blob);
      if (why !== undefined) damaged.push(`${nameOf(named, blob.digest)}: ${why}`);
    },
    PARALLEL,
  );
  if (damaged.length > 0)
    throw new SlipwayError(
      'digest_mismatch',
      `backup ${seal.number} is damaged in ${damaged.length} places; the first: ${damaged.sort()[0]}`,
      { damaged },
    );
  if (index.objects.length === 0) return { seal, index };
  const ledger = await audit(folder, index);
  if (!ledger.ok) throw tampered(ledger.faults);
  if (seal.checkpoint !== undefined && ledger.newest?.digest !== seal.checkpoint)
    throw new SlipwayError('ledger_tampered', `backup ${seal.number} was sealed after ${seal.checkpoint}`);
  return { seal, index, ledger };
};

const nameOf = (
  named: readonly (CopiedObject | { readonly path: string; readonly digest: string })[],
  digest: string,
) => {
  const one = named.find((candidate) => candidate.digest === digest);
  return one === undefined ? digest : 'key' in one ? `${one.bucket}/${one.key}` : one.path;
};

/** Nothing that is there is ever written over: what is there may be all that is left. */
export const assertEmptyHome = async (home: string): Promise<void> => {
  const [found] = await listHomeFiles(home);
  if (found !== undefined)
    throw new SlipwayError('usage', `${home} is not empty: it has ${found.path}; name a new --home`);
};

/** Fills empty buckets and an empty home with a backup that was verified. The home comes last: without it nothing starts. */
export const restoreBackup = async (
  folder: BackupFolder,
  { seal, index, ledger }: VerifiedBackup,
  home: string,
  buckets: TargetBuckets | undefined,
  say: Say,
): Promise<Restored> => {
  await assertEmptyHome(home);
  if (buckets !== undefined) {
    await buckets.prepare();
    await assertEmptyBuckets(buckets);
    for (const bucket of ['store', 'ledger'] as const) {
      const objects = index.objects.filter((one) => one.bucket === bucket);
      say(`${bucket}: ${objects.length} objects`);
      await eachOf(objects, (one) => writeObject(folder, buckets[bucket], one), PARALLEL);
      await assertWhole(buckets[bucket], objects);
    }
    say('reading every entry of the restored ledger');
    const restored = await buckets.audit();
    if (!restored.ok) throw tampered(restored.faults);
  }
  for (const { path, mode, digest } of index.files) await writeHomeFile(home, path, mode, await folder.read(digest));
  const there = new Set(index.files.map(({ path }) => path));
  const missing = ledger === undefined ? [] : PRIVATE_FILES.filter((path) => !there.has(path));
  return { ...seal, missing };
};

const assertEmptyBuckets = async (buckets: TargetBuckets): Promise<void> => {
  for (const bucket of ['store', 'ledger'] as const) {
    const [found] = await buckets[bucket].listDocuments('', { limit: 1 });
    if (found !== undefined)
      throw new SlipwayError('usage', `the bucket of the ${bucket} is not empty: it has ${found}; name an empty one`);
  }
};

const writeObject = async (folder: BackupFolder, target: MinioBlobStore, one: CopiedObject): Promise<void> => {
  const { key, digest } = one;
  if (!key.startsWith(BLOBS)) return target.putDocument(key, await folder.read(digest), contentType(key));
  const stored = await target.putBlob({ path: folder.pathOf(digest) });
  if (stored.digest !== digest) throw new SlipwayError('digest_mismatch', `${key} changed while it was read`);
};

/** What browsers are told by a store that they reach; nothing of ours reads it. */
const contentType = (key: string): string =>
  key.endsWith('.json')
    ? 'application/json'
    : key.endsWith('.html')
      ? 'text/html; charset=utf-8'
      : 'application/octet-stream';

/** The store checked every byte when it came; that it has all of them, and nothing else, only it can say. */
const assertWhole = async (target: MinioBlobStore, objects: readonly CopiedObject[]): Promise<void> => {
  const sizes = new Map((await target.inventory.listObjects('')).map(({ key, size }) => [key, size]));
  const wrong = objects.find(({ key, size }) => sizes.get(key) !== size);
  if (wrong === undefined && sizes.size === objects.length) return;
  throw new SlipwayError(
    'digest_mismatch',
    wrong === undefined
      ? `the store has ${sizes.size} objects, and ${objects.length} were restored`
      : `the store has ${sizes.get(wrong.key) ?? 'no'} bytes of ${wrong.key}, and ${wrong.size} were restored`,
  );
};
