import type { RemediationSpec } from '../spec/types.js';
import type { RemediationDecision, RemediationEvidence } from './types.js';

/** What limits a remediation besides its evidence. */
export interface RemediationGuards {
  /** Epoch milliseconds; absent: no remediation was made before. */
  readonly cooldownUntil?: number;
  readonly now: number;
  /** Retrains that this incident has started. */
  readonly retrainsDone: number;
  /** A retrain on this data lost against the champion: another one would, too. */
  readonly retrainLost: boolean;
  /** Is there an earlier version to go back to? */
  readonly previousExists: boolean;
  /** Rows with mature labels that a decision needs. */
  readonly minLabelled: number;
}

/**
 * What to do about a problem, if anything. Nothing on bad data, without mature labels, or within the cooldown. Back to
 * the earlier version only where the degradation began when the serving one was deployed, and the earlier one scores
 * better on the same rows beyond chance. Else a retrain, under the same gates as any release, while the budget lasts
 * and none has lost. The reason always says why not the other.
 */
export const decideRemediation = (
  evidence: RemediationEvidence,
  spec: RemediationSpec,
  guards: RemediationGuards,
): RemediationDecision => {
  const never = neither(evidence, guards);
  if (never !== undefined) return { action: 'none', reason: never };
  const noRollback = againstRollback(evidence, spec, guards);
  if (noRollback === undefined) {
    return { action: 'rollback', reason: `the loss began with the deployment, and ${scores(evidence)}` };
  }
  const noRetrain = againstRetrain(spec, guards);
  if (noRetrain === undefined)
    return { action: 'retrain', reason: `${evidence.labelled} rows have mature labels; no rollback: ${noRollback}` };
  return { action: 'none', reason: `no rollback: ${noRollback}; no retrain: ${noRetrain}` };
};

const neither = ({ qualityPassed, labelled }: RemediationEvidence, guards: RemediationGuards): string | undefined => {
  if (!qualityPassed)
    return 'the data of the window failed its quality checks: neither version nor training is at fault';
  // Written so that what is no number allows nothing.
  if (guards.cooldownUntil !== undefined && !(guards.now >= guards.cooldownUntil)) {
    return `the last remediation was too short ago: ${seconds(guards.cooldownUntil - guards.now)} of its cooldown are left`;
  }
  if (!(labelled >= guards.minLabelled && labelled > 0)) {
    return `${labelled} rows have mature labels, ${guards.minLabelled} are needed`;
  }
  return undefined;
};

const againstRollback = (
  evidence: RemediationEvidence,
  spec: RemediationSpec,
  guards: RemediationGuards,
): string | undefined => {
  if (!spec.rollback) return 'it is not allowed by slipway.yaml';
  if (!guards.previousExists) return 'there is no earlier version';
  if (!evidence.beginsAtDeploy) return 'the loss did not begin with the deployment';
  if (evidence.difference === undefined) return 'the earlier version was not scored on the window';
  return evidence.difference[0] > 0 ? undefined : `the earlier version is not shown to be better: ${scores(evidence)}`;
};

const againstRetrain = (spec: RemediationSpec, guards: RemediationGuards): string | undefined => {
  if (!spec.retrain) return 'it is not allowed by slipway.yaml';
  if (guards.retrainLost) return 'a retrain lost against the champion already';
  if (!(guards.retrainsDone < spec.maxRetrains))
    return `${guards.retrainsDone} of ${spec.maxRetrains} retrains are used up`;
  return undefined;
};

const scores = ({ current, previous, difference }: RemediationEvidence): string => {
  const [low, high] = difference ?? [];
  const apart = low === undefined || high === undefined ? '' : ` (difference ${round(low)} to ${round(high)})`;
  return `on the same rows the serving version loses ${round(current)}, the earlier one ${round(previous)}${apart}`;
};

const round = (value: number | undefined): string =>
  value === undefined ? 'an unknown amount' : String(Number(value.toPrecision(4)));

const seconds = (milliseconds: number): string => `${Math.ceil(milliseconds / 1000)} s`;
