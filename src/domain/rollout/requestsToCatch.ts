import { normalQuantile } from '../statistics/distributions.js';
import type { AnalysisSpec, CanaryStepSpec, RolloutSpec } from '../spec/types.js';
import { alphaOf, measurementsOf, type LookRule } from './falseAborts.js';
import { measureErrors } from './measureStep.js';
import { noTraffic } from './noTraffic.js';
import type { TrafficCounters } from './types.js';

export interface Detection {
  /** Share of the champion's requests that fail. */
  readonly errorRate: number;
  /** By how much more of the candidate's do. */
  readonly increase: number;
  /** Chance that it is caught by then. */
  readonly power: number;
}

export interface CanaryAnalysis {
  readonly steps: readonly CanaryStepSpec[];
  readonly analysis: AnalysisSpec;
  /** Features of the signature: each is a measurement that shares the budget. */
  readonly features: number;
}

/** More than any step waits for. */
const MOST = 10_000_000;
const ANY: TrafficCounters = noTraffic('sha256:');

/**
 * After how many requests that the candidate answered on a step its errors end the rollout, with that power. It is looked
 * at just then; looks in between catch it sooner, and never later. Undefined: never, as the increase is within its limit,
 * or the champion has no traffic beside it.
 *
 * The counts are those of a run that hides the increase as well as one in `1 / (1 - power)` does, by the normal
 * approximation of both; what is made of them is the rule itself.
 *
 * @example requestsToCatch({ steps, analysis, features: 6 }, 0, { errorRate: 0.01, increase: 0.05, power: 0.9 }) // 663
 */
export const requestsToCatch = (
  { steps, analysis, features }: CanaryAnalysis,
  index: number,
  detection: Detection,
): number | undefined => {
  const step = steps[index];
  if (step === undefined || step.weight >= 100) return undefined;
  const rule: LookRule = {
    alpha: alphaOf(analysis, { steps: steps.length, measurements: measurementsOf(analysis, features), visit: 1 }),
    share: step.weight / 100,
    tightAt: step.minRequests,
  };
  const caught = (requests: number): boolean => isCaught(requests, analysis.maxErrorRateIncrease, rule, detection);
  if (!caught(MOST)) return undefined;
  let [no, yes] = [1, MOST];
  while (yes - no > 1) {
    const middle = Math.floor((no + yes) / 2);
    if (caught(middle)) yes = middle;
    else no = middle;
  }
  return yes;
};

const isCaught = (requests: number, limit: number, rule: LookRule, detection: Detection): boolean => {
  const { errorRate, increase, power } = detection;
  const champions = (requests * (1 - rule.share)) / rule.share;
  const rate = Math.min(1, errorRate + increase);
  const [ours, theirs] = [(rate * (1 - rate)) / requests, (errorRate * (1 - errorRate)) / champions];
  const hidden = normalQuantile(power) / Math.sqrt(ours + theirs || 1);
  const counted = (total: number, share: number): TrafficCounters => ({
    ...ANY,
    requests: total,
    failures: total * Math.min(1, Math.max(0, share)),
  });
  const now = counted(requests, rate - hidden * ours);
  return measureErrors(now, counted(champions, errorRate + hidden * theirs), limit, rule, true).verdict === 'fail';
};

/** What plans say: errors of five points above the limit, beside a champion of which one request in a hundred fails. */
const USUAL = { errorRate: 0.01, power: 0.9 };
const ABOVE_LIMIT = 0.05;

/** One line for whoever writes or reads a canary; undefined where there is none beside a champion. */
export const noteDetection = (environment: string, rollout: RolloutSpec, features: number): string | undefined => {
  if (rollout.strategy !== 'canary') return undefined;
  const { steps, analysis } = rollout;
  const increase = Math.min(0.99, analysis.maxErrorRateIncrease + ABOVE_LIMIT);
  const needed = steps.flatMap(({ weight }, index) => {
    const requests = requestsToCatch({ steps, analysis, features }, index, { ...USUAL, increase });
    return requests === undefined ? [] : [`${requests} at ${weight} %`];
  });
  if (needed.length === 0) return undefined;
  const points = Number((100 * increase).toPrecision(3));
  return `${environment}: ${points} points more errors than the champion's 1 % are caught with a power of 90 % within so many requests of the candidate on a step: ${needed.join(', ')}`;
};
