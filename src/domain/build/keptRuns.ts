import type { Digest } from '../artifact/types.js';
import { SlipwayError } from '../errors/slipwayError.js';
import { verifyChain, type StoredEntry } from '../ledger/verifyChain.js';
import { recordKey } from './keys.js';
import type { DigestOf, StepRecord } from './types.js';

/** The entry by which the ledger vouches for a record in the cache, in the stream of the release that ran the step. */
export const KEPT_STEP = 'kept.step';

type Entry = StoredEntry['entry'] & {
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
};

export interface KeptSources {
  readonly readRecord: (key: string) => Promise<StepRecord | undefined>;
  /** Undefined where the store does not have it. */
  readonly hasBlob: (digest: Digest) => Promise<unknown>;
  readonly readStream: (stream: string) => Promise<readonly Entry[]>;
  readonly digestOf: DigestOf;
}

export interface KeptOwner {
  readonly scope: string;
  readonly model: string;
}

/** What is written down of a run that is kept; the same record is the same entry. */
export const keptStep = (scope: string, record: StepRecord, digestOf: DigestOf) => {
  const digest = digestOf(record);
  return {
    entryId: `${KEPT_STEP}.${record.step}/${digest}`,
    kind: KEPT_STEP,
    body: { scope, step: record.step, key: record.key, record: digest },
  };
};

/**
 * Finds runs that may be taken instead of running a step again. Whoever can write to the store can put a record there:
 * one counts only where the ledger of the release that it names says that this very record was kept. Each release's
 * ledger is read once.
 */
export const openKeptRuns = (
  { readRecord, hasBlob, readStream, digestOf }: KeptSources,
  { scope, model }: KeptOwner,
): ((step: string, key: Digest) => Promise<StepRecord | null>) => {
  const streams = new Map<string, Promise<ReadonlySet<string>>>();
  const keptIn = async (stream: string): Promise<ReadonlySet<string>> => {
    const entries = await readStream(stream);
    const chain = entries.map((entry) => ({ entry, digest: digestOf(entry) }));
    // A chain that was changed vouches for nothing: then the step runs, and an audit names the fault.
    if (!verifyChain(stream, chain).ok) return new Set();
    return new Set(entries.flatMap(({ kind, body }) => (kind === KEPT_STEP ? [nameOf(body)] : [])));
  };
  const isVouchedFor = async (record: StepRecord): Promise<boolean> => {
    const stream = record.releaseId;
    if (typeof stream !== 'string' || !stream.startsWith(`release/${model}/`)) return false;
    const read = streams.get(stream) ?? keptIn(stream);
    streams.set(stream, read);
    return (await read).has(nameOf(keptStep(scope, record, digestOf).body));
  };
  return async (step, key) => {
    const found = await readRecord(recordKey(scope, model, step, key)).catch(noRecord);
    if (found?.key !== key || found.step !== step || !(await isVouchedFor(found))) return null;
    const there = await Promise.all(found.outputs.map(({ digest }) => hasBlob(digest)));
    return there.includes(undefined) ? null : found;
  };
};

/** What cannot be read, though the store answers, is no record: the step runs, and leaves a sound one. */
const noRecord = (error: unknown): undefined => {
  const damaged = error instanceof SlipwayError && error.code === 'digest_mismatch';
  if (!damaged && !(error instanceof SyntaxError)) throw error;
};

const nameOf = ({ scope, step, key, record }: Readonly<Record<string, unknown>>): string =>
  JSON.stringify([scope, step, key, record]);
