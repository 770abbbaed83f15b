import { log } from '@temporalio/activity';
import type { Digest } from '../src/domain/artifact/types.js';
import type { Verdict } from '../src/domain/gate/types.js';
import type { StageName } from '../src/domain/release/types.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import type { Ports } from './ports.js';

export interface StageRecord {
  readonly releaseId: string;
  readonly stage: StageName;
  readonly environment?: string;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly evidence: Digest;
  readonly artifactDigest?: Digest;
  /** What it was judged by, where its activity is told that. */
  readonly judgedBy?: Digest;
}

/**
 * Writes to the ledger what a stage found, within the activity that found it. A repeat that found the same is the same
 * entry; one that found something else is another: both happened.
 */
export const recordStage = async (
  { ledger }: Pick<Ports, 'ledger'>,
  { releaseId, stage, environment, ...found }: StageRecord,
): Promise<void> => {
  const name = environment === undefined ? stage : `${stage}.${environment}`;
  const body = { ...(environment === undefined ? {} : { environment }), ...found };
  await ledger.append(releaseId, `${name}/${digestOf(body)}`, `stage.${stage}`, Date.now(), body);
};

/** Has the signer sign what these streams hold now. A record stands also where nobody can sign it: it is signed later. */
export const signLedger = async ({ ledger }: Pick<Ports, 'ledger'>, streams: readonly string[]): Promise<void> => {
  const why = await ledger.checkpoint(streams);
  if (why !== undefined) log.warn('the ledger is not signed yet', { streams, reason: why });
};
