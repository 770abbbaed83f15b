import type { AnalysisSpec, CanaryStepSpec, RolloutSpec, ShadowSpec, StepApprovalSpec } from '../spec/types.js';
import type { OtherPhase } from './types.js';

/** What the look at the end of a phase judges by. */
export interface StepRule {
  readonly step: CanaryStepSpec;
  readonly analysis: AnalysisSpec;
  /** Of a shadow: percent of the requests that it gets a copy of. */
  readonly copies?: number;
}

/** A stretch of a rollout in which the candidate has one share, and that it must pass. */
export interface Phase extends StepRule {
  readonly kind: OtherPhase | 'step';
  /** Number of the canary step, from 0. */
  readonly index: number;
}

/**
 * What a rollout goes through before the candidate is alone, in order: its shadow, then the steps of a canary, or the switch
 * of blue/green, which is one step of 100 % that lasts as long as what ran before is kept. An immediate one has none.
 */
export const phasesOf = (rollout: RolloutSpec): readonly Phase[] => {
  if (rollout.strategy === 'immediate') return [];
  const before = rollout.shadow === undefined ? [] : [shadowPhase(rollout.shadow)];
  const { analysis } = rollout;
  if (rollout.strategy === 'canary')
    return [...before, ...rollout.steps.map((step, index): Phase => ({ kind: 'step', index, step, analysis }))];
  const { keepMs: holdMs, minRequests, deadlineMs } = rollout;
  return [...before, { kind: 'switch', index: 0, step: { weight: 100, holdMs, minRequests, deadlineMs }, analysis }];
};

const shadowPhase = ({ copies, analysis, ...step }: ShadowSpec): Phase => ({
  ...{ kind: 'shadow', index: 0, step: { weight: 0, ...step }, copies, analysis },
});

/** Steps that somebody must let it go on behind. */
export const askedSteps = (
  rollout: RolloutSpec,
): readonly { readonly index: number; readonly weight: number; readonly approve: StepApprovalSpec }[] =>
  phasesOf(rollout).flatMap(({ index, step: { weight, approve } }) =>
    approve === undefined ? [] : [{ index, weight, approve }],
  );

/** As looks and views name it: canary steps have none. */
export const tagOf = ({ kind }: Pick<Phase, 'kind'>): { readonly phase?: OtherPhase } =>
  kind === 'step' ? {} : { phase: kind };

export const ruleOf = ({ step, analysis, copies }: StepRule): StepRule => ({
  ...{ step, analysis },
  ...(copies === undefined ? {} : { copies }),
});

/** The share of a phase, for people. */
export const sayShare = ({ kind, step, copies }: Phase): string =>
  kind === 'shadow' ? `copies of ${copies ?? 0} % of the requests` : `${step.weight} %`;

/** The first look comes after this part of the time that a version with all traffic is watched for. */
const FIRST_LOOK = 1 / 8;

/**
 * How long until the next look. A version that has all traffic is looked at early, and each time after as long again:
 * four times within the time that what ran before is kept for it. Others have a small share, and are looked at in the end.
 *
 * @param leftMs until the phase is over, or what a look said to wait
 */
export const untilLook = ({ kind, step }: Pick<Phase, 'kind' | 'step'>, elapsedMs: number, leftMs: number): number =>
  kind === 'switch' ? Math.min(leftMs, Math.max(elapsedMs, Math.ceil(step.holdMs * FIRST_LOOK))) : leftMs;
