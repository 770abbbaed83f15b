import type { BudgetRule } from '../../spec/gates.js';
import { quantileInterval } from '../../statistics/quantileInterval.js';
import { describeRule } from '../describeRule.js';
import { isUnavailable, type GateFacts, type RuleResult } from '../types.js';
import { short } from '../verdicts.js';

const QUANTILES = { latency_p50: 0.5, latency_p95: 0.95, latency_p99: 0.99 } as const;
const CONFIDENCE = 0.95;

/** Bytes are compared as they are; a latency passes when the whole interval of its quantile is within the budget. */
export const judgeBudget = (rule: BudgetRule, facts: GateFacts): RuleResult => {
  const about = describeRule(rule);
  if (!(rule.max > 0)) return { rule: about, verdict: 'error', reason: `${rule.budget} has no usable limit` };
  if (rule.budget === 'model_bytes' || rule.budget === 'artifact_bytes') {
    const observed = facts.sizes?.[rule.budget];
    if (observed === undefined || !Number.isFinite(observed))
      return { rule: about, verdict: 'error', reason: `${rule.budget} is not known` };
    return observed <= rule.max
      ? { rule: about, verdict: 'pass', observed, reason: `${rule.budget} is ${observed}, within ${rule.max}` }
      : { rule: about, verdict: 'fail', observed, reason: `${rule.budget} is ${observed}, above ${rule.max}` };
  }
  return judgeLatency(rule, QUANTILES[rule.budget], facts);
};

const judgeLatency = (rule: BudgetRule, quantile: number, { latencies }: GateFacts): RuleResult => {
  const about = describeRule(rule);
  if (latencies === undefined) return { rule: about, verdict: 'error', reason: 'no latency was measured' };
  if (isUnavailable(latencies)) return { rule: about, verdict: 'error', reason: latencies.unavailable };
  if (latencies.length === 0) return { rule: about, verdict: 'insufficient_data', reason: 'no request was answered' };
  if (!latencies.every((value) => Number.isFinite(value) && value >= 0))
    return { rule: about, verdict: 'error', reason: 'a latency is no number' };
  const { value, interval } = quantileInterval(latencies, quantile, CONFIDENCE);
  const [low, high] = interval;
  const verdict =
    high <= rule.max ? 'pass' : low > rule.max ? 'fail' : high === Infinity ? 'insufficient_data' : 'inconclusive';
  const bound = high === Infinity ? 'no upper bound' : `${short(Math.max(0, low))} to ${short(high)}`;
  return {
    rule: about,
    verdict,
    observed: value,
    ...(Number.isFinite(low) && Number.isFinite(high) ? { interval } : {}),
    reason: `${rule.budget} is ${short(value)} ms (95 % interval ${bound}, ${latencies.length} requests), required is at most ${rule.max} ms`,
  };
};
