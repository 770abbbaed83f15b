import type { Verdict } from '../gate/types.js';
import type { AnalysisSpec, CanaryStepSpec } from '../spec/types.js';
import { afterLook, NO_LOOKS, type LookTally } from './lookTally.js';

export type LookLimits = Pick<AnalysisSpec, 'intervalMs' | 'failureLimit' | 'inconclusiveLimit' | 'errorLimit'>;

/** Where a rollout stands on one of its steps. */
export interface StepState {
  readonly step: CanaryStepSpec;
  /** No step comes after this one. */
  readonly last: boolean;
  /** Since the traffic of this step was shifted, milliseconds; time in a pause does not count. */
  readonly elapsedMs: number;
  /** The last look at this step, if there was one. */
  readonly analysis?: { readonly verdict: Verdict; readonly reason: string };
  readonly limits?: LookLimits;
  /** Of the looks at this step with the last one; that one alone where absent. */
  readonly tally?: LookTally;
}

export type NextStep =
  /** Look again after `forMs`. */
  | { readonly kind: 'hold'; readonly forMs: number; readonly reason: string }
  /** Wait for a person. */
  | { readonly kind: 'pause'; readonly reason: string }
  | { readonly kind: 'advance'; readonly reason: string }
  | { readonly kind: 'complete'; readonly reason: string }
  | { readonly kind: 'abort'; readonly reason: string };

/** Two looks are never closer than this, whatever `hold` says. */
const SHORTEST_LOOK_MS = 250;
/** Nor closer than this share of the time that the step has taken: a short hold before a long deadline is few looks. */
const SHORTEST_LOOK_SHARE = 1 / 4;
/** The same where an interval is declared: a short one before a long deadline is hundreds of looks, and not millions. */
const SHORTEST_INTERVAL_SHARE = 1 / 100;

/**
 * What a canary does next. Only `pass` moves on, and only after the step's hold. More failures than `failureLimit`, and more
 * errors in a row than `errorLimit`, abort; more inconclusive looks than `inconclusiveLimit` wait for a person. What
 * cannot be decided is looked at again, by the interval or after `hold` and then less and less often, until the step's
 * deadline, and then aborts.
 */
export const decideNextStep = (state: StepState): NextStep => {
  const { step, analysis, limits = {} } = state;
  const beyond = analysis === undefined ? undefined : beyondLimit(analysis, limits, state.tally);
  if (beyond !== undefined) return beyond;
  const left = step.holdMs - state.elapsedMs;
  const forMs = Math.min(left, intervalAt(limits, state.elapsedMs) ?? left);
  if (left > 0) return { kind: 'hold', forMs, reason: `holds ${step.weight} % for ${step.holdMs / 1000} s` };
  if (analysis?.verdict !== 'pass') return lookAgain(state);
  return { kind: state.last ? 'complete' : 'advance', reason: analysis.reason };
};

/** How long a step waits for its first look. */
export const firstLookAfter = ({ holdMs }: CanaryStepSpec, { intervalMs = holdMs }: LookLimits): number =>
  Math.min(holdMs, intervalMs);

const beyondLimit = (
  { verdict, reason }: NonNullable<StepState['analysis']>,
  { failureLimit = 0, errorLimit = 0, inconclusiveLimit = Infinity }: LookLimits,
  tally: LookTally = afterLook(NO_LOOKS, verdict),
): NextStep | undefined => {
  const { failed, errors, inconclusive } = tally;
  if ((verdict === 'fail' && failed > failureLimit) || (verdict === 'error' && errors > errorLimit))
    return { kind: 'abort', reason };
  if (verdict !== 'inconclusive' || inconclusive <= inconclusiveLimit) return undefined;
  return { kind: 'pause', reason: `${inconclusive} looks were inconclusive, the last one: ${reason}` };
};

const intervalAt = ({ intervalMs }: LookLimits, elapsedMs: number): number | undefined =>
  intervalMs === undefined
    ? undefined
    : Math.max(SHORTEST_LOOK_MS, intervalMs, Math.ceil(elapsedMs * SHORTEST_INTERVAL_SHARE));

const lookAgain = ({ step, analysis, elapsedMs, limits = {} }: StepState): NextStep => {
  // The first look comes when the hold is over, also where the deadline is earlier than that.
  if (analysis === undefined) return { kind: 'hold', forMs: 0, reason: 'nothing was measured yet' };
  const found = `${analysis.verdict}: ${analysis.reason}`;
  const left = step.deadlineMs - elapsedMs;
  if (!(left > 0))
    return { kind: 'abort', reason: `${found}; the step's deadline of ${step.deadlineMs / 1000} s has passed` };
  const fewer = Math.max(step.holdMs, SHORTEST_LOOK_MS, Math.ceil(elapsedMs * SHORTEST_LOOK_SHARE));
  return { kind: 'hold', forMs: Math.min(intervalAt(limits, elapsedMs) ?? fewer, left), reason: found };
};
