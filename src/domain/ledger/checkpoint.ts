import type { Statement } from '../artifact/statements.js';
import type { Digest } from '../artifact/types.js';
import type { ChainHead } from './verifyChain.js';

export const CHECKPOINT = 'https://slipway.dev/ledger-checkpoint/v1';

/**
 * What the signer saw of the ledger at one moment: the heads of the streams that grew since the checkpoint before.
 * All checkpoints together name the newest head of every stream; each names the digest of the one before it.
 */
export interface Checkpoint {
  readonly seq: number;
  readonly previous?: Digest;
  /** By the signer's clock, epoch milliseconds. */
  readonly at: number;
  readonly heads: Readonly<Record<string, ChainHead>>;
}

/** As an in-toto statement: each head is a subject. */
export const checkpointStatement = ({ seq, previous, at, heads }: Checkpoint): Statement => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: Object.entries(heads).map(([name, { digest }]) => ({
    name,
    digest: { sha256: digest.slice('sha256:'.length) },
  })),
  predicateType: CHECKPOINT,
  predicate: {
    seq,
    ...(previous === undefined ? {} : { previous }),
    at,
    entries: Object.fromEntries(Object.entries(heads).map(([name, head]) => [name, head.seq])),
  },
});

/** The checkpoint that a statement holds; undefined where it holds none. */
export const checkpointOf = (payload: unknown): Checkpoint | undefined => {
  const { predicateType, predicate, subject } = (payload ?? {}) as Partial<Statement>;
  if (predicateType !== CHECKPOINT || typeof predicate !== 'object' || !Array.isArray(subject)) return undefined;
  const { seq, previous, at, entries } = predicate as {
    seq?: unknown;
    previous?: unknown;
    at?: unknown;
    entries?: unknown;
  };
  if (typeof seq !== 'number' || typeof at !== 'number' || typeof entries !== 'object' || entries === null)
    return undefined;
  const heads: Record<string, ChainHead> = {};
  for (const { name, digest } of subject as Statement['subject']) {
    const entry = (entries as Readonly<Record<string, unknown>>)[name];
    if (typeof entry !== 'number') return undefined;
    heads[name] = { seq: entry, digest: `sha256:${digest.sha256}` };
  }
  return { seq, ...(previous === undefined ? {} : { previous: previous as Digest }), at, heads };
};
