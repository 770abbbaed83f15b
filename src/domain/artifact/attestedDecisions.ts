import type { DecisionStatement } from '../approval/types.js';
import { decisionFault } from '../ledger/judgeDecision.js';
import type { Statement } from './statements.js';
import type { Digest } from './types.js';

/** One decision as an approval attests it: what it says, and the statement that somebody signed. */
export type AttestedDecision = Readonly<Record<string, unknown>>;

/** The decisions that an approval holds; whatever is no decision will be found unsigned. */
export const attestedDecisions = ({ predicate }: Statement): readonly AttestedDecision[] => {
  const { decisions } = predicate;
  if (!Array.isArray(decisions)) return [];
  return decisions.map((one: unknown) => (typeof one === 'object' && one !== null ? (one as AttestedDecision) : {}));
};

/**
 * Why a decision is not what its person signed of this artifact; undefined where it is. The signer attests what the
 * ledger says; whose decision it was, only the person's own signature shows.
 *
 * @param claims of the statement in it; undefined: no key that is trusted signed it
 */
export const attestedDecisionFault = (
  model: string,
  artifact: Digest,
  decision: AttestedDecision,
  claims: DecisionStatement | undefined,
): string | undefined => {
  const release = claims?.workflowId ?? '';
  const body = { ...decision, artifactDigest: artifact, jti: claims?.jti };
  const fault = decisionFault(release, { body }, claims);
  if (fault !== undefined || claims === undefined) return fault;
  if (claims.model !== model || !release.startsWith(`release/${model}/`))
    return `it was decided on ${claims.model} in ${release}, not on ${model}`;
  return decision['reason'] === claims.reason ? undefined : `its reason is not the one that was signed`;
};
