import type { ChampionRule, GateRule, GateSpec, ThresholdRule } from '../spec/types.js';
import { comparePaired } from './comparePaired.js';
import type { GateEvidence, GateResult, RuleResult, Verdict } from './types.js';

/** The worst first; what is skipped says nothing. */
const ORDER: readonly Verdict[] = ['error', 'fail', 'inconclusive', 'insufficient_data', 'pass'];

/**
 * Holds evidence against a gate's rules, all of them, and reports each. Closed by default: only evidence passes. No
 * rows, fewer than `minRows`, labels of one class, a metric that is absent or no number, or a gate without rules
 * never pass. Champion rules are skipped where there is no champion; then a threshold must have passed.
 */
export const evaluateGate = (gate: GateSpec, evidence: GateEvidence): GateResult => {
  if (gate.rules.length === 0) return { gate: gate.name, verdict: 'error', reason: 'the gate has no rules', rules: [] };
  const unfit = unfitEvidence(gate, evidence);
  const rules = gate.rules.map((rule) =>
    unfit === undefined ? evaluateRule(rule, evidence) : { rule: describe(rule), ...unfit },
  );
  return { gate: gate.name, ...combine(rules, unfit), rules };
};

type Judgement = Pick<RuleResult, 'verdict' | 'reason'>;

/** Why the evidence as a whole cannot pass, whatever the rules. */
const unfitEvidence = (gate: GateSpec, { rows, positives }: GateEvidence): Judgement | undefined => {
  if (!(gate.minRows >= 0)) return { verdict: 'error', reason: `minRows of ${gate.minRows} is impossible` };
  if (!Number.isInteger(rows) || !Number.isInteger(positives) || rows < 0 || positives < 0 || positives > rows) {
    return { verdict: 'error', reason: `${positives} positives of ${rows} rows is impossible` };
  }
  if (rows === 0) return { verdict: 'insufficient_data', reason: 'there are no rows' };
  if (rows < gate.minRows)
    return { verdict: 'insufficient_data', reason: `${rows} rows, at least ${gate.minRows} are needed` };
  if (positives === 0 || positives === rows) {
    return { verdict: 'insufficient_data', reason: `all ${rows} labels are ${positives === 0 ? 0 : 1}` };
  }
  return undefined;
};

const evaluateRule = (rule: GateRule, evidence: GateEvidence): RuleResult =>
  rule.kind === 'threshold' ? evaluateThreshold(rule, evidence) : evaluateChampion(rule, evidence);

const evaluateThreshold = (rule: ThresholdRule, { metrics }: GateEvidence): RuleResult => {
  const judged = (verdict: Verdict, reason: string): RuleResult => ({ rule: describe(rule), verdict, reason });
  const { metric, min, max } = rule;
  const limits = [min, max].filter((limit) => limit !== undefined);
  if (limits.length === 0 || limits.some((limit) => !Number.isFinite(limit)))
    return judged('error', `${metric} has no usable limit`);
  const observed = metrics[metric];
  if (observed === undefined) return judged('insufficient_data', `${metric} could not be computed`);
  if (!Number.isFinite(observed)) return judged('error', `${metric} is ${observed}`);
  const low = min !== undefined && observed < min ? `below ${min}` : undefined;
  const high = max !== undefined && observed > max ? `above ${max}` : undefined;
  const outside = [low, high].filter((text) => text !== undefined).join(' and ');
  const shown = `${metric} is ${Number(observed.toPrecision(6))}`;
  return outside === ''
    ? { ...judged('pass', `${shown}, as ${describe(rule)} asks`), observed }
    : { ...judged('fail', `${shown}, ${outside}`), observed };
};

const evaluateChampion = (rule: ChampionRule, { champion }: GateEvidence): RuleResult => {
  const about = describe(rule);
  if (champion === undefined) return { rule: about, verdict: 'skipped', reason: 'there is no champion yet' };
  const blocks = champion.paired[rule.metric];
  if (blocks === undefined) {
    return {
      rule: about,
      verdict: 'insufficient_data',
      reason: `${rule.metric} of the champion could not be computed`,
    };
  }
  const { verdict, difference, interval, reason } = comparePaired(blocks, rule);
  return {
    rule: about,
    verdict,
    ...(difference === undefined ? {} : { observed: difference }),
    ...(interval === undefined ? {} : { interval }),
    reason: `${rule.metric}: ${reason}`,
  };
};

const combine = (rules: readonly RuleResult[], unfit: Judgement | undefined): { verdict: Verdict; reason: string } => {
  const worst = ORDER.find((verdict) => rules.some((rule) => rule.verdict === verdict));
  // Without a champion, and without any threshold, nothing was held against anything.
  if (worst === undefined)
    return { verdict: 'insufficient_data', reason: 'there is no champion yet, and the gate has no threshold' };
  const shown =
    worst === 'pass' ? rules : rules.filter((rule) => rule.verdict !== 'pass' && rule.verdict !== 'skipped');
  return { verdict: worst, reason: unfit?.reason ?? shown.map((rule) => rule.reason).join('; ') };
};

const describe = (rule: GateRule): string => {
  if (rule.kind === 'champion') {
    const versus = rule.test === 'superiority' ? 'better than' : 'not worse than';
    return `${rule.metric} ${versus} the champion's by ${rule.margin} at ${rule.confidence * 100} %`;
  }
  const limits = [
    ...(rule.min === undefined ? [] : [`>= ${rule.min}`]),
    ...(rule.max === undefined ? [] : [`<= ${rule.max}`]),
  ];
  return `${rule.metric} ${limits.join(' and ')}`;
};
