import { clip } from '../../clip.js';
import type { ChampionRule, SliceSpec, ThresholdRule } from '../../spec/gates.js';
import type { MetricName } from '../../spec/metrics.js';
import { studentCdf, studentQuantile } from '../../statistics/distributions.js';
import { holm } from '../../statistics/holm.js';
import { ROW_LOSSES, type RowLoss } from '../../statistics/rowLosses.js';
import { isMissing, type Cell } from '../../table/cell.js';
import { meanDifference } from '../comparePaired.js';
import { describeRule } from '../describeRule.js';
import { MIN_BLOCKS, signed } from '../judgeDifference.js';
import { sumByBlock } from '../pairBlocks.js';
import { isUnavailable, type GateFacts, type RulePart, type RuleResult } from '../types.js';
import { areUsable, combineParts, short, type Limits } from '../verdicts.js';

/** Metrics that are a mean over rows, and so have an error of their own in every slice. */
const ROW_METRICS: Readonly<Partial<Record<MetricName, RowLoss>>> = {
  ...ROW_LOSSES,
  accuracy: (prediction, label) => (prediction >= 0.5 === (label === 1) ? 1 : 0),
  positive_rate: (prediction) => (prediction >= 0.5 ? 1 : 0),
};

/** Where rules say nothing else. */
const CONFIDENCE = 0.95;
/** A column of more values than this names rows, not slices. */
const MAX_VALUES = 2_000;
/** Of a value that names a slice, characters: a table may hold texts of any length, and every slice is reported. */
const MOST_NAME = 100;

interface Slice {
  readonly name: string;
  readonly rows: readonly number[];
}

interface Measured {
  readonly slice: Slice;
  readonly value: number;
  readonly error: number;
  readonly degrees: number;
  readonly blocks: number;
}

/**
 * Asks a rule of every value of a column by itself, and reports every slice. A slice fails when it is shown to be
 * beyond the limit: over all slices together by Holm's steps, because one false alarm among forty holds a release
 * back as forty would, and slices share their days, so that nothing is known of how their errors depend on each
 * other. (Benjamini-Hochberg would bound the share of false alarms among the alarms, which is for lists that a person
 * reads on.) A slice passes when its own interval lies within the limit: that every one of them must needs no
 * correction. In between it is what the rule says of the undecided.
 */
export const judgeSlices = (
  rule: ThresholdRule | ChampionRule,
  slicing: SliceSpec,
  facts: GateFacts,
  blockMs: number,
): RuleResult => {
  const about = describeRule(rule);
  const { sample, evaluation } = facts;
  if (sample === undefined || evaluation === undefined)
    return { rule: about, verdict: 'error', reason: 'the rows are not there' };
  if (isUnavailable(sample)) return { rule: about, verdict: 'error', reason: sample.unavailable };
  if (isUnavailable(evaluation)) return { rule: about, verdict: 'error', reason: evaluation.unavailable };
  const champion = rule.kind === 'champion' ? sample.champion : [];
  if (champion === undefined) return { rule: about, verdict: 'skipped', reason: 'there is no champion yet' };
  if (isUnavailable(champion)) return { rule: about, verdict: 'error', reason: champion.unavailable };
  const loss = ROW_METRICS[rule.metric];
  const limits = limitsOf(rule);
  if (loss === undefined || !areUsable(limits))
    return { rule: about, verdict: 'error', reason: `${rule.metric} cannot be judged by slice` };
  const column = evaluation[slicing.column];
  if (column === undefined)
    return { rule: about, verdict: 'error', reason: `the evaluation table has no column ${slicing.column}` };
  const slices = slicesOf(column, slicing.minRows);
  if (slices === undefined)
    return { rule: about, verdict: 'error', reason: `${slicing.column} has more than ${MAX_VALUES} values` };

  const { times, labels, candidate } = sample;
  const rows = { times, labels, candidate, ...(rule.kind === 'champion' ? { champion } : {}) };
  const measured = slices.map((slice) => ({ slice, blocks: sumByBlock(loss, rows, blockMs, slice.rows) }));
  const judgeable = measured
    .filter(({ slice, blocks }) => slice.rows.length >= slicing.minRows && blocks.length >= MIN_BLOCKS)
    .map(({ slice, blocks }): Measured => {
      const { difference, error, degrees } = meanDifference(blocks);
      return { slice, value: difference, error, degrees, blocks: blocks.length };
    });
  const adjusted = holm(judgeable.map((one) => chanceWithinLimits(one, limits)));
  const parts = measured.map(({ slice, blocks }): RulePart => {
    const at = judgeable.findIndex((one) => one.slice === slice);
    const found = judgeable[at];
    return found === undefined
      ? unjudged(slice, blocks.length, slicing)
      : judgeSlice(rule, slicing, found, limits, adjusted[at] ?? 1);
  });
  return combineParts(about, `slices of ${slicing.column}`, parts);
};

const limitsOf = (rule: ThresholdRule | ChampionRule): Limits =>
  rule.kind === 'threshold' ? rule : { max: rule.test === 'superiority' ? -rule.margin : rule.margin };

/** By value, the largest first; values with too few rows are one slice together. Undefined: too many values. */
const slicesOf = (column: readonly Cell[], minRows: number): readonly Slice[] | undefined => {
  const groups = new Map<string, number[]>();
  for (const [row, value] of column.entries()) {
    const name = isMissing(value) ? '(missing)' : String(value);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [row]);
    else group.push(row);
    if (groups.size > MAX_VALUES) return undefined;
  }
  const sorted = [...groups.entries()]
    .map(([name, rows]) => ({ name: clip(name, MOST_NAME), rows }))
    .sort((a, b) => b.rows.length - a.rows.length || (a.name < b.name ? -1 : 1));
  const small = sorted.filter(({ rows }) => rows.length < minRows);
  if (small.length < 2) return sorted;
  const together = small.flatMap(({ rows }) => rows).sort((a, b) => a - b);
  return [
    ...sorted.filter(({ rows }) => rows.length >= minRows),
    { name: `(${small.length} small ones together)`, rows: together },
  ];
};

/** One-sided p-value of what was seen, were the slice just within its limits. */
const chanceWithinLimits = ({ value, error, degrees }: Measured, { min, max }: Limits): number => {
  const beyond = (distance: number): number =>
    error === 0 ? (distance > 0 ? 0 : 1) : 1 - studentCdf(distance / error, degrees);
  const above = max === undefined ? 1 : beyond(value - max);
  const below = min === undefined ? 1 : beyond(min - value);
  return Math.min(1, Math.min(above, below) * (min !== undefined && max !== undefined ? 2 : 1));
};

const judgeSlice = (
  rule: ThresholdRule | ChampionRule,
  slicing: SliceSpec,
  { slice, value, error, degrees, blocks }: Measured,
  { min, max }: Limits,
  adjusted: number,
): RulePart => {
  const confidence = rule.confidence ?? CONFIDENCE;
  const reach = error === 0 ? 0 : studentQuantile((1 + confidence) / 2, degrees) * error;
  const interval: readonly [number, number] = [value - reach, value + reach];
  const [low, high] = interval;
  // A tie is not better: superiority must be clear of its margin.
  const strict = rule.kind === 'champion' && rule.test === 'superiority';
  const inside = (max === undefined || (strict ? high < max : high <= max)) && (min === undefined || low >= min);
  const tied = strict && error === 0 && !inside;
  const shown = adjusted <= (1 - confidence) / 2 || tied;
  const show = rule.kind === 'champion' ? signed : short;
  const text = `${slice.name}: ${rule.metric} ${rule.kind === 'champion' ? 'differs by' : 'is'} ${show(value)} (${show(low)} to ${show(high)}, ${slice.rows.length} rows, ${blocks} blocks)`;
  const about = { name: slice.name, rows: slice.rows.length, observed: value, interval };
  if (!Number.isFinite(value) || !Number.isFinite(reach))
    return { ...about, verdict: 'error', reason: `${slice.name}: ${rule.metric} is no number` };
  if (inside) return { ...about, verdict: 'pass', reason: text };
  if (shown) return { ...about, verdict: 'fail', reason: `${text}, beyond the limit (adjusted p ${short(adjusted)})` };
  return slicing.undecided === 'accept'
    ? { ...about, verdict: 'pass', reason: `${text}, not shown to be beyond the limit` }
    : { ...about, verdict: 'inconclusive', reason: `${text}, its interval spans the limit` };
};

/** Too few rows for a slice of its own, even together with the others, are told and hold nothing back. */
const unjudged = (slice: Slice, blocks: number, { minRows }: SliceSpec): RulePart => {
  const about = { name: slice.name, rows: slice.rows.length };
  return slice.rows.length < minRows
    ? { ...about, verdict: 'skipped', reason: `${slice.name}: ${slice.rows.length} rows, a slice needs ${minRows}` }
    : {
        ...about,
        verdict: 'insufficient_data',
        reason: `${slice.name}: ${blocks} blocks with rows, at least ${MIN_BLOCKS} are needed`,
      };
};
