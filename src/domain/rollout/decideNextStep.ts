import type { Verdict } from '../gate/types.js';
import type { CanaryStepSpec } from '../spec/types.js';

/** Where a rollout stands on one of its steps. */
export interface StepState {
  readonly step: CanaryStepSpec;
  /** No step comes after this one. */
  readonly last: boolean;
  /** Since the traffic of this step was shifted, milliseconds; time in a pause does not count. */
  readonly elapsedMs: number;
  /** The last look at this step, if there was one. */
  readonly analysis?: { readonly verdict: Verdict; readonly reason: string };
}

export type NextStep =
  /** Look again after `forMs`. */
  | { readonly kind: 'hold'; readonly forMs: number; readonly reason: string }
  | { readonly kind: 'advance'; readonly reason: string }
  | { readonly kind: 'complete'; readonly reason: string }
  | { readonly kind: 'abort'; readonly reason: string };

/** Two looks are never closer than this, whatever `hold` says. */
const SHORTEST_LOOK_MS = 250;
/** Nor closer than this share of the time that the step has taken: a short hold before a long deadline is few looks. */
const SHORTEST_LOOK_SHARE = 1 / 4;

/**
 * What a canary does next. Only `pass` moves on, and only after the step's hold. A failure aborts at once; what
 * cannot be decided is looked at again, after `hold` and then less and less often, until the step's deadline, and then
 * aborts.
 */
export const decideNextStep = (state: StepState): NextStep => {
  const { step, analysis } = state;
  if (analysis?.verdict === 'fail' || analysis?.verdict === 'error') return { kind: 'abort', reason: analysis.reason };
  const left = step.holdMs - state.elapsedMs;
  if (left > 0) return { kind: 'hold', forMs: left, reason: `holds ${step.weight} % for ${step.holdMs / 1000} s` };
  if (analysis?.verdict !== 'pass') return lookAgain(state);
  return { kind: state.last ? 'complete' : 'advance', reason: analysis.reason };
};

const lookAgain = ({ step, analysis, elapsedMs }: StepState): NextStep => {
  // The first look comes when the hold is over, also where the deadline is earlier than that.
  if (analysis === undefined) return { kind: 'hold', forMs: 0, reason: 'nothing was measured yet' };
  const found = `${analysis.verdict}: ${analysis.reason}`;
  const left = step.deadlineMs - elapsedMs;
  if (!(left > 0))
    return { kind: 'abort', reason: `${found}; the step's deadline of ${step.deadlineMs / 1000} s has passed` };
  const forMs = Math.max(step.holdMs, SHORTEST_LOOK_MS, Math.ceil(elapsedMs * SHORTEST_LOOK_SHARE));
  return { kind: 'hold', forMs: Math.min(forMs, left), reason: found };
};
