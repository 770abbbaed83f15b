import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createDecisionKeyring } from '../adapters/decision-keys/decisionVerifier.js';
import { decisionKeyFiles, readPublicKeys } from '../adapters/decision-keys/keyFiles.js';
import { openCheckpoint } from '../adapters/dsse/openCheckpoint.js';
import type { PublicKeys } from '../adapters/dsse/openEnvelope.js';
import { createFolderDocuments } from '../adapters/folder/documents.js';
import { ANSWER_WITHIN_MS, createMinioBlobStore } from '../adapters/minio/blobStore.js';
import { openLedgerArchive } from '../adapters/store-ledger/archive.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { PUBLIC_KEYS } from '../domain/ledger/keys.js';
import type { BlobStore } from '../ports/blobStore.js';
import type { LedgerArchive } from '../ports/ledgerArchive.js';
import type { StoreAccess } from './storeAccess.js';

type Bucket = Pick<BlobStore, 'getDocument' | 'listDocuments'>;

export interface OfflineLedger extends LedgerArchive {
  readonly where: string;
  readonly keyids: readonly string[];
  readonly keysFrom: string;
  readonly selfSigned: boolean;
}

/** Opens the ledger where it is stored, with the keys that are trusted for it. */
export const openOfflineLedger = async (
  source: { readonly folder?: string; readonly keys?: string },
  home: string,
  access: () => StoreAccess,
): Promise<OfflineLedger> => {
  const { bucket, where } = source.folder === undefined ? inStore(access()) : await inFolder(source.folder);
  return openLedgerIn(bucket, where, source.keys, home);
};

/** The same, of a bucket that is at hand. */
export const openLedgerIn = async (
  bucket: Bucket,
  where: string,
  keys: string | undefined,
  home: string,
): Promise<OfflineLedger> => {
  const trusted = await trustedKeys(keys, home, bucket);
  const ledgerKeys = trusted.keys.filter(({ role }) => role === 'ledger');
  return {
    ...openLedgerArchive(
      bucket,
      (bytes) => openCheckpoint(bytes, ledgerKeys),
      createDecisionKeyring(async () => trusted.keys.filter(({ role }) => role === 'decision')),
    ),
    where,
    keyids: ledgerKeys.map(({ keyid }) => keyid),
    keysFrom: trusted.from,
    selfSigned: trusted.selfSigned,
  };
};

const inStore = (access: StoreAccess): { readonly bucket: Bucket; readonly where: string } => ({
  bucket: createMinioBlobStore({ ...access, bucket: access.ledgerBucket, answerWithinMs: ANSWER_WITHIN_MS }),
  where: `${access.endpoint}/${access.ledgerBucket}`,
});

const inFolder = async (folder: string): Promise<{ readonly bucket: Bucket; readonly where: string }> => {
  const found = await stat(join(folder, 'ledger')).catch(() => undefined);
  if (found?.isDirectory() !== true)
    throw new SlipwayError('not_found', `${folder} is no copy of a ledger's bucket: it has no folder ledger/`);
  return { bucket: createFolderDocuments(folder), where: folder };
};

interface Trusted {
  readonly keys: PublicKeys;
  readonly from: string;
  readonly selfSigned: boolean;
}

/** Keys that were named, those of this home, or, where there is nothing better, those that lie in the bucket. */
export const trustedKeys = async (named: string | undefined, home: string, bucket?: Bucket): Promise<Trusted> => {
  const file = named ?? join(home, 'keys', 'public.json');
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    if (named !== undefined) throw new SlipwayError('not_found', `${named} cannot be read`, {}, { cause });
    return undefined;
  });
  if (text !== undefined) {
    // The signer writes decision keys to its file when it first meets them; the API may have made one since.
    const own = named === undefined ? await ownDecisionKeys(home) : [];
    return { keys: [...keysIn(text, file), ...own], from: file, selfSigned: false };
  }
  if (bucket === undefined)
    throw new SlipwayError(
      'not_found',
      `no keys to trust: ${file} is not there; name a file of public keys with --keys`,
    );
  const keys: PublicKeys[number][] = [];
  for (const key of await bucket.listDocuments(PUBLIC_KEYS)) {
    const body = await bucket.getDocument(key);
    if (body !== undefined) keys.push(...keysIn(`[${new TextDecoder().decode(body)}]`, key));
  }
  return { keys, from: 'the bucket', selfSigned: true };
};

const ownDecisionKeys = async (home: string): Promise<PublicKeys> =>
  (await readPublicKeys(decisionKeyFiles(join(home, 'keys')))).flatMap((jwk) =>
    jwk.kid === undefined ? [] : [{ keyid: jwk.kid, role: 'decision' as const, jwk: { ...jwk } }],
  );

const keysIn = (text: string, from: string): PublicKeys => {
  try {
    const keys = JSON.parse(text) as PublicKeys;
    if (Array.isArray(keys) && keys.every(({ keyid, jwk }) => typeof keyid === 'string' && typeof jwk === 'object'))
      return keys;
  } catch {
    // Said below.
  }
  throw new SlipwayError('usage', `${from} holds no public keys as the signer writes them`);
};
