import { createHash, randomBytes } from 'node:crypto';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { BlobStore } from '../../ports/blobStore.js';
import type { Stamper, StampReader } from '../../ports/stamps.js';
import type { Sessions } from '../../ports/sessions.js';

const OPEN = 'sessions/open/';
const USED = 'sessions/used/';
/** At most so many that are over are swept away with each log-in. */
const SWEEP = 200;

type Documents = Pick<BlobStore, 'createDocument' | 'putDocument' | 'getDocument' | 'listDocuments' | 'deleteDocument'>;

export interface SessionParts {
  readonly store: Documents;
  readonly stamper: Stamper;
  readonly stamps: StampReader;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/**
 * Sessions in the store, where every API process finds them: stamped, so that who can write there cannot open one, under
 * the digest of a random token. The end of a session is part of its token and of its key: what is over is found
 * without being read.
 */
export const createSessions = ({ store, stamper, stamps, now }: SessionParts): Sessions => ({
  open: async (session) => {
    await Promise.all([sweep(store, OPEN, now()), sweep(store, USED, now())]);
    const token = `slipway_session_${session.expiresAt}_${randomBytes(32).toString('base64url')}`;
    const sha256 = hash(token);
    const text = await stamper.stamp('session', { ...session, sha256 });
    await store.putDocument(keyOf(session.expiresAt, sha256), new TextEncoder().encode(text), 'application/jose');
    return token;
  },
  find: async (token) => {
    const expiresAt = endOf(token);
    if (expiresAt === undefined) return undefined;
    const sha256 = hash(token);
    const found = await store.getDocument(keyOf(expiresAt, sha256));
    const body = found === undefined ? undefined : await stamps.open('session', new TextDecoder().decode(found));
    if (body?.['sha256'] !== sha256 || body['expiresAt'] !== expiresAt) return undefined;
    return { identity: String(body['identity']), authenticatedAt: Number(body['authenticatedAt']), expiresAt };
  },
  end: async (token) => {
    const expiresAt = endOf(token);
    if (expiresAt !== undefined) await store.deleteDocument(keyOf(expiresAt, hash(token)));
  },
  takeOnce: async (proof, until) => {
    try {
      // Different bytes from everybody: who comes second finds others.
      const { created } = await store.createDocument(
        `${USED}${padded(until)}-${hash(proof)}`,
        new Uint8Array(randomBytes(16)),
      );
      return created;
    } catch (error) {
      if (error instanceof SlipwayError && error.code === 'precondition_failed') return false;
      throw error;
    }
  },
});

/** Keys begin with the time until which what they name is good for anything. */
const sweep = async (store: Documents, prefix: string, now: number): Promise<void> => {
  for (const key of await store.listDocuments(prefix, { limit: SWEEP })) {
    if (Number(key.slice(prefix.length, prefix.length + 13)) < now) await store.deleteDocument(key);
  }
};

const padded = (at: number): string => String(at).padStart(13, '0');
const keyOf = (expiresAt: number, sha256: string): string => `${OPEN}${padded(expiresAt)}-${sha256}`;
const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

const endOf = (token: string): number | undefined => {
  const [, end] = /^slipway_session_(\d{1,13})_[A-Za-z0-9_-]{43}$/.exec(token) ?? [];
  return end === undefined ? undefined : Number(end);
};
