import type { Digest } from '../src/domain/artifact/types.js';
import { keptStep, openKeptRuns } from '../src/domain/build/keptRuns.js';
import { failureKey, latestKey, machineKey, recordKey, trustScope } from '../src/domain/build/keys.js';
import type { StepRecord } from '../src/domain/build/types.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import { encodeJson, readDocument } from './documents.js';
import type { Ports } from './ports.js';

/** Runs of steps that may be taken instead of running them again. */
export interface StepCache {
  /** Whether this release may write: its commit is on the watched branch. */
  readonly trusted: boolean;
  find(step: string, key: Digest): Promise<StepRecord | null>;
  latest(step: string): Promise<StepRecord | undefined>;
  keep(record: StepRecord): Promise<void>;
  /** The release that is told now has this run, too: later changes are told from here. */
  used(record: StepRecord): Promise<void>;
  /** Remembers that this key failed; a later run of it that passes is flaky. */
  failed(step: string, key: Digest, failure: StepFailure): Promise<void>;
  failureOf(step: string, key: Digest): Promise<StepFailure | undefined>;
  keepMachine(machine: Readonly<Record<string, string>>): Promise<void>;
}

export interface StepFailure {
  readonly releaseId: string;
  readonly end: string;
}

export interface CacheOwner {
  readonly model: string;
  readonly repository: string;
  readonly commit: string;
}

/**
 * The cache of a model's watched branch. What is on no watched branch reads it and leaves nothing in it, so that
 * nobody can put there what a release of the branch would then take for its own; and what somebody put there who can
 * write to the store, the ledger does not vouch for.
 */
export const openStepCache = async (ports: Ports, owner: CacheOwner): Promise<StepCache> => {
  const scope = trustScope(ports.settings.models[owner.model]?.branch ?? 'main');
  const trusted = await isOnBranch(ports, owner);
  const put = async (key: string, value: unknown): Promise<void> => {
    if (trusted) await ports.store.putDocument(key, encodeJson(value), 'application/json');
  };
  return {
    trusted,
    find: openKeptRuns(
      {
        readRecord: (key) => readDocument<StepRecord>(ports.store, key),
        hasBlob: (digest) => ports.store.hasBlob(digest),
        readStream: (stream) => ports.ledger.read(stream),
        digestOf,
      },
      { scope, model: owner.model },
    ),
    latest: (step) => readDocument<StepRecord>(ports.store, latestKey(scope, owner.model, step)),
    keep: async (record) => {
      if (!trusted) return;
      // First the ledger: a record that nobody vouches for is never taken.
      const { entryId, kind, body } = keptStep(scope, record, digestOf);
      await ports.ledger.append(record.releaseId, entryId, kind, Date.now(), body);
      await put(recordKey(scope, owner.model, record.step, record.key), record);
      await put(latestKey(scope, owner.model, record.step), record);
    },
    used: (record) => put(latestKey(scope, owner.model, record.step), record),
    failed: (step, key, failure) => put(failureKey(scope, owner.model, step, key), failure),
    failureOf: (step, key) => readDocument<StepFailure>(ports.store, failureKey(scope, owner.model, step, key)),
    keepMachine: (machine) => put(machineKey(scope, owner.model), machine),
  };
};

/** Fails closed: a repository that does not answer now makes nobody trusted. */
const isOnBranch = async (ports: Ports, { repository, commit }: CacheOwner): Promise<boolean> => {
  try {
    const head = await ports.source.head(repository);
    return head.commit === commit || (await ports.source.authorsBetween(repository, head.commit, commit)).length === 0;
  } catch {
    return false;
  }
};
