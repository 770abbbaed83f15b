import type { Digest } from '../src/domain/artifact/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { Verdict } from '../src/domain/gate/types.js';
import { AUTOMATIC_APPROVAL, judgeAutomatic, type Ground } from '../src/domain/release/judgeAutomatic.js';
import { assertOwnStream } from './assertOwnStream.js';
import { readSpec } from './artifactContents.js';
import { getJson, putJson } from './documents.js';
import { assertEnvironmentHolds } from './heldToTerms.js';
import { askedBy } from './judgedBy.js';
import { readChain } from './onRecord.js';
import type { Ports } from './ports.js';

export interface ApproveAutomaticallyInput {
  readonly releaseId: string;
  readonly model: string;
  readonly environment: string;
  readonly artifactDigest: Digest;
}

export interface AutomaticallyApproved {
  readonly verdict: Verdict;
  readonly reason: string;
  readonly evidence: Digest;
}

/**
 * Where a spec asks nobody, the ledger is asked: what came before must be green, and its evidence still be there. Written
 * down either way; judged again with the same result it is the same entry.
 */
export const createApproveAutomatically =
  (ports: Ports) =>
  async ({
    releaseId,
    model,
    environment,
    artifactDigest,
  }: ApproveAutomaticallyInput): Promise<AutomaticallyApproved> => {
    assertOwnStream(releaseId);
    const spec = await readSpec(ports.store, artifactDigest);
    const { environments } = spec;
    // The operator may ask for people by now.
    const here = environments.find(({ name }) => name === environment);
    if (here !== undefined) assertEnvironmentHolds(ports.settings, model, here);
    const entries = await readChain(ports, releaseId);
    const judged = judgeAutomatic({ environments, environment, artifactDigest, entries, askedBy: askedBy(spec) });
    const grounds = judged.kind === 'approved' ? judged.grounds : [];
    const gone = await firstGone(ports, grounds);
    const verdict: Verdict = judged.kind === 'approved' && gone === undefined ? 'pass' : 'fail';
    const reason = gone ?? judged.reason;
    const found = { environment, artifactDigest, verdict, reason, grounds };
    const evidence = await putJson(ports.store, { kind: 'automatic', ...found });
    const name = `${AUTOMATIC_APPROVAL}.${environment}/${evidence}`;
    await ports.ledger.append(releaseId, name, AUTOMATIC_APPROVAL, Date.now(), { ...found, evidence });
    return { verdict, reason, evidence };
  };

/** A digest on record says that there was evidence; only the store says that there is. */
const firstGone = async ({ store }: Ports, grounds: readonly Ground[]): Promise<string | undefined> => {
  for (const { stage, environment, evidence } of grounds) {
    try {
      await getJson(store, evidence);
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.retryable) throw error;
      return `the evidence of ${stage}${environment === undefined ? '' : ` in ${environment}`} is not there: ${error.message}`;
    }
  }
  return undefined;
};
