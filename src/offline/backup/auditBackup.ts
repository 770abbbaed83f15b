import type { BackupFolder } from '../../adapters/folder/backup.js';
import type { BackupIndex } from '../../domain/backup/backup.js';
import type { LedgerAudit } from '../../domain/ledger/auditLedger.js';
import type { BlobStore } from '../../ports/blobStore.js';

/** Audits the ledger of a backup, as it lies in its folder. */
export type AuditLedger = (folder: BackupFolder, index: BackupIndex) => Promise<LedgerAudit>;

/** The ledger's bucket as a backup has it: keys of the index, bytes by digest. */
export const ledgerBucketIn = (
  folder: Pick<BackupFolder, 'read'>,
  { objects }: BackupIndex,
): Pick<BlobStore, 'getDocument' | 'listDocuments'> => {
  const digests = new Map(objects.flatMap((one) => (one.bucket === 'ledger' ? [[one.key, one.digest] as const] : [])));
  const keys = [...digests.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return {
    getDocument: async (key) => {
      const digest = digests.get(key);
      return digest === undefined ? undefined : folder.read(digest);
    },
    listDocuments: async (prefix, { limit = 1_000, startAfter } = {}) => {
      const first = startAfter === undefined ? 0 : keys.indexOf(startAfter) + 1;
      const found: string[] = [];
      for (let index = first; index < keys.length && found.length < limit; index += 1) {
        const key = keys[index]!;
        if (key.startsWith(prefix)) found.push(key);
      }
      return found;
    },
  };
};
