/** Rules between the fields of gates' rules: what a single field cannot say of itself. */
import { isLoss, METRIC_NAMES, type MetricName } from '../../domain/spec/metrics.js';
import { parseDuration } from '../names.js';
import type { RuleBreach } from '../yaml/checkYaml.js';
import { unknownName } from '../yaml/unknownName.js';
import { valueAt } from '../yaml/problemsOf.js';
import type { YamlPath } from '../yaml/readYaml.js';

const ROW_METRICS: readonly MetricName[] = ['brier', 'log_loss', 'accuracy', 'positive_rate'];
const DATA_KEYS = ['minRows', 'maxNulls', 'maxInvalid', 'maxDuplicates', 'maxAge'];
/** The gate's activity has thirty minutes for everything. */
const MAX_COMMANDS_MS = 25 * 60_000;

/** Everything in a rule of this path that could never do what its author meant. */
export const gateRuleBreaches = (value: unknown, path: YamlPath): readonly RuleBreach[] => {
  const has = (key: string): boolean => valueAt(value, [...path, key]) !== undefined;
  return [
    ...(has('metric') || has('champion') ? sliceBreaches(value, path) : []),
    ...(has('behaviour') ? behaviourBreaches(value, path) : []),
    ...(has('cases') ? caseBreaches(value, path) : []),
    ...(has('command') ? commandBreaches(value, path) : []),
    ...(has('data') && !DATA_KEYS.some(has)
      ? [{ path, message: 'asks for nothing', expected: `one or more of ${DATA_KEYS.join(', ')}` }]
      : []),
    ...(valueAt(value, [...path, 'leakage']) === 'time' && has('columns')
      ? [{ path: [...path, 'columns'], message: 'leakage by time has no key', expected: 'leakage: key, or no columns' }]
      : []),
  ];
};

/** Commands of all gates run within one stage. */
export const commandTimeBreaches = (value: unknown): readonly RuleBreach[] => {
  const gates = list(value, ['gates']);
  const timeouts = gates.flatMap((_, gate) =>
    list(value, ['gates', gate, 'rules']).flatMap((_rule, rule) => {
      const path: YamlPath = ['gates', gate, 'rules', rule];
      if (valueAt(value, [...path, 'command']) === undefined) return [];
      const written = valueAt(value, [...path, 'timeout']) ?? '10m';
      return [{ path, ms: typeof written === 'string' ? (parseDuration(written) ?? 0) : 0 }];
    }),
  );
  const total = timeouts.reduce((sum, { ms }) => sum + ms, 0);
  const last = timeouts.at(-1);
  return total <= MAX_COMMANDS_MS || last === undefined
    ? []
    : [
        {
          path: [...last.path, 'timeout'],
          message: `all commands of gates together may take ${total / 60_000} minutes`,
          expected: 'timeouts of at most 25m in all',
        },
      ];
};

const sliceBreaches = (value: unknown, path: YamlPath): readonly RuleBreach[] => {
  if (valueAt(value, [...path, 'slice']) !== undefined)
    return [
      ...unsliced(value, [...path, 'metric'], ROW_METRICS),
      ...unsliced(
        value,
        [...path, 'champion'],
        ROW_METRICS.filter((metric) => isLoss(metric)),
      ),
    ];
  return ['minRows', 'undecided']
    .filter((key) => valueAt(value, [...path, key]) !== undefined)
    .map((key) => ({ path: [...path, key], message: 'is of a slice, and there is none', expected: 'slice beside it' }));
};

const unsliced = (value: unknown, path: YamlPath, sliced: readonly MetricName[]): readonly RuleBreach[] => {
  const metric = METRIC_NAMES.find((name) => name === valueAt(value, path));
  return metric === undefined || sliced.includes(metric)
    ? []
    : [
        {
          path,
          message: `${metric} is no mean over rows, and is not judged by slice`,
          expected: `one of ${sliced.join(', ')}`,
        },
      ];
};

const behaviourBreaches = (value: unknown, path: YamlPath): readonly RuleBreach[] => {
  const by = valueAt(value, [...path, 'by']);
  const to = valueAt(value, [...path, 'to']);
  const change = valueAt(value, [...path, 'change']);
  if ((by === undefined) === (to === undefined))
    return [
      {
        path,
        message: by === undefined ? 'does not say how the feature changes' : 'says twice how the feature changes',
        expected: 'either by or to',
      },
    ];
  if (by === 0) return [{ path: [...path, 'by'], message: 'changes nothing', expected: 'a number that is not 0' }];
  return featureBreaches(value, [...path, 'change'], change).concat(
    by !== undefined && typeOf(value, change) === 'string'
      ? [{ path: [...path, 'by'], message: 'nothing can be added to a string', expected: 'to with other values' }]
      : [],
  );
};

const caseBreaches = (value: unknown, path: YamlPath): readonly RuleBreach[] => {
  const cases = list(value, [...path, 'cases']);
  const names = cases.map((_, index) => valueAt(value, [...path, 'cases', index, 'name']));
  return cases.flatMap((_, index): readonly RuleBreach[] => {
    const at: YamlPath = [...path, 'cases', index];
    const given = valueAt(value, [...at, 'given']);
    const features = typeof given === 'object' && given !== null ? Object.keys(given) : [];
    const name = names[index];
    return [
      ...(typeof name === 'string' && names.indexOf(name) < index
        ? [{ path: [...at, 'name'], message: `${JSON.stringify(name)} is used twice`, expected: 'each name once' }]
        : []),
      ...features.flatMap((feature) => featureBreaches(value, [...at, 'given', feature], feature)),
      ...limitBreaches(value, at, [0, 1]),
    ];
  });
};

const commandBreaches = (value: unknown, path: YamlPath): readonly RuleBreach[] => {
  const metrics = valueAt(value, [...path, 'metrics']);
  if (typeof metrics !== 'object' || metrics === null) return [];
  const names = Object.keys(metrics);
  return names.length === 0
    ? [{ path: [...path, 'metrics'], message: 'is empty', expected: 'a number that the command writes, with limits' }]
    : names.flatMap((name) => limitBreaches(value, [...path, 'metrics', name], [-Infinity, Infinity]));
};

const limitBreaches = (
  value: unknown,
  path: YamlPath,
  [lowest, highest]: readonly [number, number],
): readonly RuleBreach[] => {
  const [min, max] = [valueAt(value, [...path, 'min']), valueAt(value, [...path, 'max'])];
  if (min === undefined && max === undefined) return [{ path, message: 'has no limit', expected: 'min, max or both' }];
  const impossible = Object.entries({ min, max }).flatMap(([key, limit]) =>
    typeof limit === 'number' && !(limit >= lowest && limit <= highest)
      ? [{ path: [...path, key], message: `can never be ${limit}`, expected: `from ${lowest} to ${highest}` }]
      : [],
  );
  if (impossible.length > 0 || typeof min !== 'number' || typeof max !== 'number' || min <= max) return impossible;
  return [{ path: [...path, 'min'], message: `min ${min} is above max ${max}`, expected: `at most ${max}` }];
};

const featureNames = (value: unknown): readonly string[] => {
  const features = list(value, ['signature', 'features']);
  const known =
    namesOf.get(features) ??
    features.map((feature) => valueAt(feature, ['name'])).filter((name) => typeof name === 'string');
  namesOf.set(features, known);
  return known;
};

/** Every rule of every gate asks for them. */
const namesOf = new WeakMap<readonly unknown[], readonly string[]>();

const featureBreaches = (value: unknown, path: YamlPath, name: unknown): readonly RuleBreach[] => {
  const known = featureNames(value);
  if (typeof name !== 'string' || known.includes(name)) return [];
  return [unknownName(path, name, known, 'feature')];
};

const typeOf = (value: unknown, feature: unknown): unknown =>
  valueAt(value, ['signature', 'features', featureNames(value).indexOf(String(feature)), 'type']);

const list = (value: unknown, path: YamlPath): readonly unknown[] => {
  const found = valueAt(value, path);
  return Array.isArray(found) ? found : [];
};
