import { sayInstant } from '../sayInstant.js';
import type { CanaryStepSpec } from '../spec/types.js';
import type { RolloutView } from './types.js';

export interface StandingFacts {
  readonly view: RolloutView;
  /** Of its plan; none where all traffic moves at once. */
  readonly steps: readonly Pick<CanaryStepSpec, 'holdMs' | 'minRequests'>[];
  /** When the traffic moved last, epoch milliseconds. */
  readonly shiftedAt?: number;
  /** Answered by the candidate since; absent: the target does not say. */
  readonly requests?: number;
  /** Somebody ended the hold of the step under way. */
  readonly promoted: boolean;
}

/** What a rollout waits for, in words; undefined where it waits for nothing any more. */
export const sayStanding = (facts: StandingFacts): string | undefined => {
  const { view } = facts;
  const { status, paused, held } = view;
  if (status === 'completed' || status === 'aborted') return 'its end to be written down';
  if (status === 'aborting') return 'all traffic to be back where it was';
  if (status === 'held') return `an end of what holds it: ${held ?? 'nothing says what'}`;
  const pause = paused === undefined ? undefined : `somebody to resume it: paused by ${paused.by}, ${paused.reason}`;
  if (status === 'paused') return pause;
  const next = status === 'deploying' ? 'the server of the candidate to be ready' : stepOf(facts);
  return pause === undefined ? next : `${next}; then ${pause}`;
};

const stepOf = ({ view, steps, shiftedAt, requests, promoted }: StandingFacts): string => {
  const step = steps[view.step];
  const name = `step ${view.step + 1} at ${view.weight} %`;
  if (step === undefined) return name;
  const counted = `${requests ?? 'unknown'} of ${step.minRequests} requests`;
  if (view.status === 'analysing') return `the look at ${name}, with ${counted}`;
  const end = shiftedAt === undefined ? undefined : shiftedAt + step.holdMs;
  const hold = end === undefined || promoted ? 'the next look at' : `the hold until ${sayInstant(end)} of`;
  return `${hold} ${name}, with ${counted} so far`;
};
