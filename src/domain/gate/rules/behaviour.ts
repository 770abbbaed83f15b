import type { BehaviourRule, CasesRule, GateRule } from '../../spec/gates.js';
import { describeRule } from '../describeRule.js';
import {
  isUnavailable,
  type GateFacts,
  type ProbeAnswers,
  type RulePart,
  type RuleResult,
  type TableColumns,
} from '../types.js';
import { areUsable, beyondLimits, combineParts, percent, short } from '../verdicts.js';

/** Rows to ask a model of besides the evaluation table. */
export interface Probe {
  /** Rows of the evaluation table that were changed; none where the rows are the rule's own. */
  readonly rows: readonly number[];
  readonly columns: TableColumns;
  readonly count: number;
}

/** What a rule wants to be predicted; undefined for rules that ask for nothing. */
export const probeOf = (rule: GateRule, features: readonly string[], evaluation: TableColumns): Probe | undefined => {
  if (rule.kind === 'cases') {
    const columns = Object.fromEntries(
      features.map((name) => [name, rule.cases.map(({ given }) => given[name] ?? null)]),
    );
    return { rows: [], columns, count: rule.cases.length };
  }
  if (rule.kind !== 'behaviour') return undefined;
  const all = evaluation[rule.feature]?.length ?? 0;
  const count = Math.min(rule.rows, all);
  const spread = Array.from({ length: count }, (_, at) => Math.floor((at * all) / count));
  const changed = spread.map((row, at) => changedValue(rule, evaluation[rule.feature]?.[row] ?? null, at));
  // A row that already has the value, or has none that could be added to, tells nothing.
  const kept = [...changed.keys()].filter((at) => changed[at] !== undefined);
  const rows = kept.map((at) => spread[at] ?? 0);
  const columns = Object.fromEntries(
    features.map((name) => [
      name,
      name === rule.feature
        ? kept.map((at) => changed[at] ?? null)
        : rows.map((row) => evaluation[name]?.[row] ?? null),
    ]),
  );
  return { rows, columns, count: rows.length };
};

const changedValue = (
  { change }: BehaviourRule,
  value: number | string | null,
  at: number,
): number | string | undefined => {
  if ('by' in change) return typeof value === 'number' && Number.isFinite(value) ? value + change.by : undefined;
  const next = change.to[at % change.to.length];
  return next === value ? undefined : next;
};

/** The prediction stays, rises or falls when one feature changes, in all rows but the share that may do otherwise. */
export const judgeBehaviour = (
  rule: BehaviourRule,
  answers: ProbeAnswers | undefined | NonNullable<GateFacts['probes']>[number],
): RuleResult => {
  const about = describeRule(rule);
  if (answers === undefined) return { rule: about, verdict: 'error', reason: 'nothing was predicted' };
  if (isUnavailable(answers)) return { rule: about, verdict: 'error', reason: answers.unavailable };
  const { before, after } = answers;
  if (before.length === 0)
    return { rule: about, verdict: 'insufficient_data', reason: `no row has another value of ${rule.feature}` };
  const moves = before.map((value, row) => (after[row] ?? Number.NaN) - value);
  if (before.length !== after.length || ![...before, ...after].every(Number.isFinite))
    return { rule: about, verdict: 'error', reason: 'a prediction is no number' };
  const isWrong = (move: number): boolean =>
    rule.prediction === 'same'
      ? Math.abs(move) > rule.tolerance
      : rule.prediction === 'rises'
        ? move < -rule.tolerance
        : move > rule.tolerance;
  const wrong = moves.filter(isWrong);
  const observed = wrong.length / moves.length;
  const worst = wrong.reduce((most, move) => (Math.abs(move) > Math.abs(most) ? move : most), 0);
  // A feature that changes nothing at all follows no direction.
  const idle = rule.prediction !== 'same' && moves.every((move) => Math.abs(move) <= rule.tolerance);
  if (idle) {
    const reason = `no prediction of ${moves.length} changed with ${rule.feature} by more than ${rule.tolerance}`;
    return { rule: about, verdict: 'fail', observed, reason };
  }
  const shown = `${wrong.length} of ${moves.length} predictions do otherwise${wrong.length > 0 ? `, by up to ${short(Math.abs(worst))}` : ''}`;
  return observed > rule.maxViolations
    ? { rule: about, verdict: 'fail', observed, reason: `${shown}; at most ${percent(rule.maxViolations)} may` }
    : { rule: about, verdict: 'pass', observed, reason: shown };
};

/** Minimum function: every given row is answered within its own limits. */
export const judgeCases = (
  rule: CasesRule,
  answers: NonNullable<GateFacts['probes']>[number] | undefined,
): RuleResult => {
  const about = describeRule(rule);
  if (answers === undefined) return { rule: about, verdict: 'error', reason: 'nothing was predicted' };
  if (isUnavailable(answers)) return { rule: about, verdict: 'error', reason: answers.unavailable };
  const parts = rule.cases.map((asked, at): RulePart => {
    const { name } = asked;
    const observed = answers.after[at];
    if (observed === undefined || !Number.isFinite(observed) || !areUsable(asked))
      return { name, verdict: 'error', reason: `${name}: the prediction or its limit is no number` };
    const outside = beyondLimits(observed, asked);
    const shown = `${name}: ${short(observed)}`;
    return {
      name,
      observed,
      verdict: outside === '' ? 'pass' : 'fail',
      reason: outside === '' ? shown : `${shown}, ${outside}`,
    };
  });
  return combineParts(about, 'cases', parts);
};
