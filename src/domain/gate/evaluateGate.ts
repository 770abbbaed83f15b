import type { GateRule, GateSpec } from '../spec/gates.js';
import { describeRule } from './describeRule.js';
import type { BlockUnit } from './judgeDifference.js';
import { DAY_MS } from './pairBlocks.js';
import { judgeBehaviour, judgeCases } from './rules/behaviour.js';
import { judgeBudget } from './rules/budget.js';
import { judgeCommand } from './rules/command.js';
import { judgeAnchor, judgeChampion } from './rules/comparison.js';
import { judgeData } from './rules/data.js';
import { judgeLeakage } from './rules/leakage.js';
import { judgeSlices } from './rules/slices.js';
import { judgeThreshold } from './rules/threshold.js';
import {
  isUnavailable,
  type GateEvidence,
  type GateFacts,
  type GateResult,
  type RuleResult,
  type Verdict,
} from './types.js';
import { onlyNumbers, worstVerdict } from './verdicts.js';

/**
 * Holds evidence against a gate's rules, all of them, and reports each. Closed by default: only evidence passes. No
 * rows, fewer than `minRows`, labels of one class, rows that miss their label or time, a metric that is absent or no number, or a gate without rules
 * never pass. Champion rules are skipped where there is no champion; then another rule must have passed.
 *
 * @param facts what rules look at besides metrics; a rule that misses its facts is an error
 */
export const evaluateGate = (gate: GateSpec, evidence: GateEvidence, facts: GateFacts = {}): GateResult => {
  if (gate.rules.length === 0) return { gate: gate.name, verdict: 'error', reason: 'the gate has no rules', rules: [] };
  const unfit = unfitEvidence(gate, evidence, facts);
  const rules = gate.rules.map((rule, position) =>
    unfit !== undefined && restsOnMetrics(rule)
      ? { rule: describeRule(rule), ...unfit }
      : onlyNumbers(judgeRule(rule, position, gate, evidence, facts)),
  );
  return { gate: gate.name, ...combine(rules, unfit), rules };
};

type Judgement = Pick<RuleResult, 'reason'> & { readonly verdict: Verdict };

/** Why the evidence as a whole cannot pass, whatever the rules. */
const unfitEvidence = (
  gate: GateSpec,
  { rows, positives }: GateEvidence,
  { sample }: GateFacts,
): Judgement | undefined => {
  if (!(gate.minRows >= 0)) return { verdict: 'error', reason: `minRows of ${gate.minRows} is impossible` };
  if (!Number.isInteger(rows) || !Number.isInteger(positives) || rows < 0 || positives < 0 || positives > rows) {
    return { verdict: 'error', reason: `${positives} positives of ${rows} rows is impossible` };
  }
  if (rows === 0) return { verdict: 'insufficient_data', reason: 'there are no rows' };
  if (rows < gate.minRows)
    return { verdict: 'insufficient_data', reason: `${rows} rows, at least ${gate.minRows} are needed` };
  if (sample !== undefined && isUnavailable(sample)) return { verdict: 'error', reason: sample.unavailable };
  if (positives === 0 || positives === rows) {
    return { verdict: 'insufficient_data', reason: `all ${rows} labels are ${positives === 0 ? 0 : 1}` };
  }
  return undefined;
};

const restsOnMetrics = ({ kind }: GateRule): boolean =>
  kind === 'threshold' || kind === 'champion' || kind === 'anchor';

const judgeRule = (
  rule: GateRule,
  position: number,
  { blockMs = DAY_MS }: GateSpec,
  evidence: GateEvidence,
  facts: GateFacts,
): RuleResult => {
  const unit: BlockUnit = blockMs === DAY_MS ? 'days' : 'blocks';
  switch (rule.kind) {
    case 'threshold':
      return rule.slice === undefined
        ? judgeThreshold(rule, evidence, facts)
        : judgeSlices(rule, rule.slice, facts, blockMs);
    case 'champion':
      return rule.slice === undefined
        ? judgeChampion(rule, evidence, facts, unit)
        : judgeSlices(rule, rule.slice, facts, blockMs);
    case 'anchor':
      return judgeAnchor(rule, facts, blockMs, unit);
    case 'budget':
      return judgeBudget(rule, facts);
    case 'data':
      return judgeData(rule, facts);
    case 'leakage':
      return judgeLeakage(rule, facts);
    case 'behaviour':
      return judgeBehaviour(rule, facts.probes?.[position]);
    case 'cases':
      return judgeCases(rule, facts.probes?.[position]);
    case 'command':
      return judgeCommand(rule, facts.commands?.[position]);
  }
};

const combine = (rules: readonly RuleResult[], unfit: Judgement | undefined): { verdict: Verdict; reason: string } => {
  const worst = worstVerdict(unfit === undefined ? rules : [...rules, unfit]);
  // Without a champion, and without any other rule, nothing was held against anything.
  if (worst === undefined)
    return { verdict: 'insufficient_data', reason: 'there is no champion yet, and the gate has no threshold' };
  const shown =
    worst === 'pass' ? rules : rules.filter((rule) => rule.verdict !== 'pass' && rule.verdict !== 'skipped');
  // What all rules share is said once.
  const reasons = [...(unfit === undefined ? [] : [unfit.reason]), ...shown.map((rule) => rule.reason)];
  return { verdict: worst, reason: [...new Set(reasons)].join('; ') };
};
