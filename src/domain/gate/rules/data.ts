import type { DataRule } from '../../spec/gates.js';
import type { FeatureSpec } from '../../spec/types.js';
import { cellNumber, isMissing, type Cell } from '../../table/cell.js';
import { describeRule } from '../describeRule.js';
import { isUnavailable, type GateFacts, type RulePart, type RuleResult, type TableColumns } from '../types.js';
import { combineParts, percent } from '../verdicts.js';
import { rowKeys } from './rowKeys.js';

type Signature = NonNullable<GateFacts['signature']>;

/** What must hold of a table: every check that the rule asks for, of every feature, and all of them reported. */
export const judgeData = (rule: DataRule, facts: GateFacts): RuleResult => {
  const about = describeRule(rule);
  const { signature } = facts;
  const table = facts[rule.table];
  if (table === undefined || signature === undefined)
    return { rule: about, verdict: 'error', reason: `the ${rule.table} table is not there` };
  if (isUnavailable(table)) return { rule: about, verdict: 'error', reason: table.unavailable };
  const rows = table[signature.eventTime]?.length ?? 0;
  if (rows === 0) return { rule: about, verdict: 'insufficient_data', reason: `the ${rule.table} table has no rows` };
  const parts = [
    ...checkVolume(rule, rows),
    ...signature.features.flatMap((feature) => checkFeature(rule, feature, table[feature.name] ?? [])),
    ...[signature.label, signature.eventTime].flatMap((name) => checkNulls(rule, name, table[name] ?? [])),
    ...checkDuplicates(rule, table, signature),
    ...checkAge(rule, table[signature.eventTime] ?? [], facts.now),
  ];
  return parts.length === 0
    ? { rule: about, verdict: 'error', reason: 'the rule asks for nothing' }
    : combineParts(about, 'checks', parts);
};

const atMost = (name: string, observed: number, max: number, what: string): RulePart => ({
  name,
  observed,
  verdict: !Number.isFinite(observed) ? 'error' : observed > max ? 'fail' : 'pass',
  reason: `${name}: ${what}${observed > max ? `, at most ${percent(max)} may be` : ''}`,
});

const checkVolume = ({ minRows }: DataRule, rows: number): readonly RulePart[] =>
  minRows === undefined
    ? []
    : [
        {
          name: 'volume',
          observed: rows,
          verdict: rows < minRows ? 'fail' : 'pass',
          reason: `volume: ${rows} rows${rows < minRows ? `, at least ${minRows} are asked for` : ''}`,
        },
      ];

const checkFeature = (rule: DataRule, feature: FeatureSpec, values: readonly Cell[]): readonly RulePart[] => {
  const parts = [...checkNulls(rule, feature.name, values)];
  const { maxInvalid } = rule;
  if (maxInvalid === undefined) return parts;
  const checks: readonly (readonly [string, boolean, string, (value: Cell) => boolean])[] = [
    ['schema', true, `is no ${feature.type}`, (value) => !isMissing(value) && !hasType(feature, value)],
    [
      'range',
      feature.min !== undefined || feature.max !== undefined,
      `is outside of ${feature.min ?? '-∞'} to ${feature.max ?? '∞'}`,
      (value) => typeof value === 'number' && (value < (feature.min ?? -Infinity) || value > (feature.max ?? Infinity)),
    ],
    [
      'categories',
      feature.categories !== undefined,
      'is no declared category',
      (value) => !isMissing(value) && !(feature.categories ?? []).includes(String(value)),
    ],
  ];
  for (const [name, asked, words, isWrong] of checks) {
    if (!asked) continue;
    const wrong = values.filter(isWrong).length / values.length;
    parts.push(atMost(`${feature.name} ${name}`, wrong, maxInvalid, `${percent(wrong)} of ${feature.name} ${words}`));
  }
  return parts;
};

/** A training table may have neither label nor event time: there is nothing of them to be missing. */
const checkNulls = ({ maxNulls }: DataRule, name: string, values: readonly Cell[]): readonly RulePart[] => {
  if (maxNulls === undefined || values.length === 0) return [];
  const missing = values.filter(isMissing).length / values.length;
  return [atMost(`${name} nulls`, missing, maxNulls, `${percent(missing)} of ${name} is missing`)];
};

/** Text of digits reads as a number from some formats; a string feature takes both. */
const hasType = ({ type }: FeatureSpec, value: Cell): boolean =>
  type === 'string'
    ? true
    : typeof value === 'number' && Number.isFinite(value) && (type === 'number' || Number.isInteger(value));

const checkDuplicates = (
  { maxDuplicates }: DataRule,
  table: TableColumns,
  { features, label, eventTime }: Signature,
): readonly RulePart[] => {
  if (maxDuplicates === undefined) return [];
  const columns = [...features.map(({ name }) => name), label, eventTime].filter((name) => table[name] !== undefined);
  const keys = rowKeys(table, columns);
  const repeated = keys.length - new Set(keys).size;
  return [
    atMost(
      'duplicates',
      repeated / keys.length,
      maxDuplicates,
      `${repeated} of ${keys.length} rows repeat another row`,
    ),
  ];
};

const DAY_MS = 86_400_000;

const checkAge = ({ maxAgeMs }: DataRule, times: readonly Cell[], now: number | undefined): readonly RulePart[] => {
  if (maxAgeMs === undefined) return [];
  if (now === undefined) {
    const reason = 'freshness: nothing was logged in the environment yet, so there is no time to compare with';
    return [{ name: 'freshness', verdict: 'skipped', reason }];
  }
  const newest = times.reduce<number>((latest, time) => Math.max(latest, cellNumber(time)), -Infinity);
  if (!Number.isFinite(newest) || !Number.isFinite(now))
    return [{ name: 'freshness', verdict: 'error', reason: 'freshness: a time is no number' }];
  const age = now - newest;
  const days = (ms: number): string => `${Number((ms / DAY_MS).toPrecision(3))} days`;
  // One row with a time that is none would make any table fresh.
  if (age < -maxAgeMs)
    return [
      { name: 'freshness', verdict: 'error', reason: `freshness: the newest row is ${days(-age)} ahead of the clock` },
    ];
  return [
    {
      name: 'freshness',
      verdict: age > maxAgeMs ? 'fail' : 'pass',
      // Rounded: the same minute gives the same evidence.
      observed: Math.round(age / 60_000) * 60_000,
      reason: `freshness: the newest row is ${days(age)} old${age > maxAgeMs ? `, at most ${days(maxAgeMs)} is asked for` : ''}`,
    },
  ];
};
