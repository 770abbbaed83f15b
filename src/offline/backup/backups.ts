import { openBackupFolder } from '../../adapters/folder/backup.js';
import { createMinioBlobStore, type MinioBlobStore } from '../../adapters/minio/blobStore.js';
import type { Retention } from '../../adapters/minio/retention.js';
import type { BackupIndex, BackupSeal } from '../../domain/backup/backup.js';
import type { LedgerAudit } from '../../domain/ledger/auditLedger.js';
import { openLedgerIn } from '../ledger.js';
import type { StoreAccess } from '../storeAccess.js';
import { ledgerBucketIn, type AuditLedger } from './auditBackup.js';
import { assertEmptyHome, chooseSeal, restoreBackup, verifyBackup, type Restored } from './restoreBackup.js';
import { takeBackup, type BackupTaken } from './takeBackup.js';

export interface BackupParts {
  readonly home: string;
  /** The store that is copied. */
  readonly access: () => StoreAccess;
  /** The store that is filled: one that runs, or one that is started for it. */
  readonly target: () => Promise<{ readonly access: StoreAccess; stop(): Promise<void> }>;
  /** What an operator's file says of the ledger's lock; of no file, what holds then. */
  readonly retention: (config: string | undefined) => Retention;
  readonly say: (text: string) => void;
}

interface Choice {
  readonly keys?: string;
  readonly number?: number;
}

/** What `slipway backup` and `slipway restore` do: on store and files alone. */
export interface Backups {
  take(directory: string, options: { readonly privateKeys: boolean; readonly homeOnly: boolean }): Promise<BackupTaken>;
  verify(directory: string, choice: Choice): Promise<{ readonly seal: BackupSeal; readonly ledger?: LedgerAudit }>;
  restore(directory: string, choice: Choice): Promise<Restored>;
}

const CONFIG = 'slipway.config.yaml';

export const openBackups = ({ home, access, target, retention, say }: BackupParts): Backups => {
  const audit =
    (keys: string | undefined): AuditLedger =>
    async (folder, index) => {
      say('reading every entry of the copied ledger');
      return (await openLedgerIn(ledgerBucketIn(folder, index), folder.directory, keys, home)).audit();
    };
  return {
    take: async (directory, { privateKeys, homeOnly }) => {
      const folder = await openBackupFolder(directory, { make: true });
      const sources = homeOnly ? { home } : { home, buckets: bucketsOf(access()) };
      return takeBackup(folder, sources, { privateKeys, now: Date.now, say, audit: audit(undefined) });
    },
    verify: async (directory, { keys, number }) => {
      const folder = await openBackupFolder(directory, { make: false });
      const { seal, ledger } = await verifyBackup(folder, await chooseSeal(folder, number), audit(keys), say);
      return { seal, ...(ledger === undefined ? {} : { ledger }) };
    },
    restore: async (directory, { keys, number }) => {
      const folder = await openBackupFolder(directory, { make: false });
      await assertEmptyHome(home);
      const verified = await verifyBackup(folder, await chooseSeal(folder, number), audit(keys), say);
      if (verified.ledger === undefined) return restoreBackup(folder, verified, home, undefined, say);
      const config = await configIn(verified.index, (digest) => folder.read(digest));
      const { access: filled, stop } = await target();
      try {
        const buckets = bucketsOf(filled);
        return await restoreBackup(
          folder,
          verified,
          home,
          {
            ...buckets,
            prepare: async () => {
              await buckets.store.ensureBucket();
              await buckets.ledger.ensureBucket(retention(config));
            },
            audit: async () => (await openLedgerIn(buckets.ledger, filled.endpoint, keys, home)).audit(),
          },
          say,
        );
      } finally {
        await stop();
      }
    },
  };
};

const bucketsOf = (access: StoreAccess): Readonly<Record<'store' | 'ledger', MinioBlobStore>> => ({
  store: createMinioBlobStore(access),
  ledger: createMinioBlobStore({ ...access, bucket: access.ledgerBucket }),
});

const configIn = async (
  { files }: BackupIndex,
  read: (digest: BackupSeal['index']) => Promise<Uint8Array>,
): Promise<string | undefined> => {
  const file = files.find(({ path }) => path === CONFIG);
  return file === undefined ? undefined : new TextDecoder().decode(await read(file.digest));
};
