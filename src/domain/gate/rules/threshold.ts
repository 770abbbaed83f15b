import type { ThresholdRule } from '../../spec/gates.js';
import { metricInterval } from '../../statistics/blockBootstrap.js';
import { MIN_BLOCKS } from '../judgeDifference.js';
import { describeRule } from '../describeRule.js';
import type { GateEvidence, GateFacts, RuleResult, Verdict } from '../types.js';
import { areUsable, beyondLimits, short } from '../verdicts.js';

/** Holds a metric to its limits: its value, or its whole interval where the rule names a confidence. */
export const judgeThreshold = (rule: ThresholdRule, { metrics }: GateEvidence, facts: GateFacts): RuleResult => {
  const judged = (verdict: Verdict, reason: string): RuleResult => ({ rule: describeRule(rule), verdict, reason });
  const { metric } = rule;
  if (!areUsable(rule)) return judged('error', `${metric} has no usable limit`);
  const observed = metrics[metric];
  if (observed === undefined) return judged('insufficient_data', `${metric} could not be computed`);
  if (!Number.isFinite(observed)) return judged('error', `${metric} is ${observed}`);
  if (rule.confidence !== undefined) return judgeInterval(rule, rule.confidence, observed, facts);
  const outside = beyondLimits(observed, rule);
  const shown = `${metric} is ${Number(observed.toPrecision(6))}`;
  return outside === ''
    ? { ...judged('pass', `${shown}, as ${describeRule(rule)} asks`), observed }
    : { ...judged('fail', `${shown}, ${outside}`), observed };
};

const judgeInterval = (rule: ThresholdRule, confidence: number, observed: number, facts: GateFacts): RuleResult => {
  const about = { rule: describeRule(rule), observed };
  const { metric } = rule;
  const estimate = facts.estimates?.[metric];
  if ((facts.blocks ?? 0) < MIN_BLOCKS || estimate === undefined) {
    const reason = `${facts.blocks ?? 0} blocks with rows, at least ${MIN_BLOCKS} are needed for the interval of ${metric}`;
    return { ...about, verdict: 'insufficient_data', reason };
  }
  const interval = metricInterval(estimate, confidence);
  const [low, high] = interval;
  if (!Number.isFinite(low) || !Number.isFinite(high))
    return { ...about, verdict: 'error', reason: `the interval of ${metric} is no number` };
  const inside = beyondLimits(low, rule) === '' && beyondLimits(high, rule) === '';
  const outside = (rule.max !== undefined && low > rule.max) || (rule.min !== undefined && high < rule.min);
  const shown = `${metric} is ${short(observed)} (${confidence * 100} % interval ${short(low)} to ${short(high)}, ${facts.blocks} blocks)`;
  const verdict = inside ? 'pass' : outside ? 'fail' : 'inconclusive';
  const words = { pass: 'all of it within', fail: 'all of it beyond', inconclusive: 'partly beyond' }[verdict];
  return { ...about, interval, verdict, reason: `${shown}, ${words} ${describeLimits(rule)}` };
};

const describeLimits = ({ min, max }: ThresholdRule): string =>
  [...(min === undefined ? [] : [`at least ${min}`]), ...(max === undefined ? [] : [`at most ${max}`])].join(' and ');
