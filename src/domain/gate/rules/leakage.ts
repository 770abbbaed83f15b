import { cellNumber } from '../../table/cell.js';
import type { LeakageRule } from '../../spec/gates.js';
import { describeRule } from '../describeRule.js';
import { isUnavailable, type GateFacts, type RuleResult, type TableColumns } from '../types.js';
import { percent } from '../verdicts.js';
import { alignKeys } from './alignKeys.js';
import { rowKeys } from './rowKeys.js';

type Signature = NonNullable<GateFacts['signature']>;

/**
 * Rows of the evaluation that training has seen, or could have: a model is praised for remembering them. Without
 * columns of its own a row is named by its features and its event time.
 */
export const judgeLeakage = (rule: LeakageRule, { evaluation, reference, signature }: GateFacts): RuleResult => {
  const about = describeRule(rule);
  const unjudged = (reason: string): RuleResult => ({ rule: about, verdict: 'error', reason });
  if (evaluation === undefined || reference === undefined || signature === undefined)
    return unjudged('a table is not there');
  if (isUnavailable(evaluation)) return unjudged(evaluation.unavailable);
  if (isUnavailable(reference)) return unjudged(reference.unavailable);
  const columns = rule.by === 'time' ? [signature.eventTime] : keyColumns(rule, signature);
  for (const [name, table] of Object.entries({ evaluation, reference })) {
    const missing = columns.filter((column) => table[column] === undefined);
    if (missing.length > 0) return unjudged(`the ${name} table has no column ${missing.join(', ')}`);
  }
  const aligned = alignKeys(evaluation, reference, columns);
  if (rule.by === 'key' && aligned.incomparable.length > 0)
    return unjudged(
      `${aligned.incomparable.join(', ')} is text in one table and a number in the other: no row could be known again`,
    );
  const { seen, rows, what } =
    rule.by === 'time' ? byTime(evaluation, reference, signature) : byKey(rule, columns, aligned.one, aligned.other);
  if (rows === 0) return { rule: about, verdict: 'insufficient_data', reason: 'a table has no rows' };
  if (!Number.isFinite(seen)) return unjudged('an event time is no number');
  const observed = seen / rows;
  const shown = `${seen} of ${rows} evaluation rows (${percent(observed)}) ${what}`;
  return observed > rule.max
    ? { rule: about, verdict: 'fail', observed, reason: `${shown}, at most ${percent(rule.max)} may` }
    : { rule: about, verdict: 'pass', observed, reason: shown };
};

const keyColumns = ({ columns }: LeakageRule, { features, eventTime }: Signature): readonly string[] =>
  columns.length > 0 ? columns : [...features.map(({ name }) => name), eventTime];

interface Seen {
  readonly seen: number;
  /** 0 where either table is empty. */
  readonly rows: number;
  readonly what: string;
}

const byKey = (rule: LeakageRule, columns: readonly string[], held: TableColumns, trained: TableColumns): Seen => {
  const known = new Set(rowKeys(trained, columns));
  const keys = rowKeys(held, columns);
  return {
    seen: keys.filter((key) => known.has(key)).length,
    rows: known.size === 0 ? 0 : keys.length,
    what: `have a ${rule.columns.length > 0 ? rule.columns.join(' + ') : 'row'} that training has, too`,
  };
};

const byTime = (held: TableColumns, trained: TableColumns, { eventTime }: Signature): Seen => {
  const times = (table: TableColumns): readonly number[] => (table[eventTime] ?? []).map((time) => cellNumber(time));
  const last = times(trained).reduce((latest, time) => Math.max(latest, time), -Infinity);
  const rows = times(held);
  const isSound = !Number.isNaN(last) && rows.every(Number.isFinite);
  return {
    seen: isSound ? rows.filter((time) => time <= last).length : Number.NaN,
    rows: last === -Infinity ? 0 : rows.length,
    what: 'are not after the last row of training',
  };
};
