/** Rules between the fields of a canary's metrics and of a bake, on the raw value. */
import { BOUNDS } from '../../domain/spec/analysisMetrics.js';
import { parseDuration } from '../names.js';
import type { RuleBreach } from '../yaml/checkYaml.js';
import { valueAt } from '../yaml/problemsOf.js';
import type { YamlPath } from '../yaml/readYaml.js';

const SOURCES = ['prometheus', 'sql', 'http', 'command'] as const;
/** A look is one activity of thirty minutes, and asks for one metric after the other. */
const MAX_TOTAL_MS = 20 * 60_000;
/** In SQL values are bound, and within quotes there is nothing to bind. */
const QUOTED = /'[^']*\{\{[^']*'/;

/** @param path of the list of metrics */
export const metricRules = (value: unknown, path: YamlPath): readonly RuleBreach[] => {
  const found = valueAt(value, path);
  if (!Array.isArray(found)) return [];
  const names = found.map((_, index) => valueAt(value, [...path, index, 'name']));
  return [
    ...found.flatMap((_, index) => oneMetric(value, [...path, index])),
    ...names.flatMap((name, index): readonly RuleBreach[] =>
      typeof name === 'string' && names.indexOf(name) < index
        ? [
            {
              path: [...path, index, 'name'],
              message: `${JSON.stringify(name)} is used twice`,
              expected: 'each metric once',
            },
          ]
        : [],
    ),
    ...timeRules(value, path, found.length),
  ];
};

/** @param path of the environment */
export const bakeRules = (value: unknown, path: YamlPath): readonly RuleBreach[] => {
  const at = [...path, 'bake'];
  const bake = valueAt(value, at);
  if (typeof bake !== 'object' || bake === null) return [];
  const environments = valueAt(value, path.slice(0, -1));
  const isLast = Array.isArray(environments) && environments.length - 1 === path.at(-1);
  const hasLimit = ['maxLoss', 'maxIncrease'].some((key) => valueAt(value, [...at, key]) !== undefined);
  return [
    ...(isLast
      ? []
      : [{ path: at, message: 'what follows would wait for labels', expected: 'bake in the last environment' }]),
    ...(hasLimit
      ? []
      : [{ path: at, message: 'has no limit', expected: 'maxLoss or maxIncrease: labels alone confirm nothing' }]),
  ];
};

const oneMetric = (value: unknown, path: YamlPath): readonly RuleBreach[] => {
  const has = (key: string): boolean => valueAt(value, [...path, key]) !== undefined;
  const breaches: RuleBreach[] = [];
  if (SOURCES.filter(has).length !== 1)
    breaches.push({ path, message: 'is asked for in no single way', expected: `one of ${SOURCES.join(', ')}` });
  if (!BOUNDS.some(has))
    breaches.push({
      path,
      message: 'has no bound',
      expected: `one or more of ${BOUNDS.join(', ')}: a metric without one holds nothing back`,
    });
  if (has('relative') && !has('maxIncrease') && !has('maxDecrease'))
    breaches.push({
      path: [...path, 'relative'],
      message: 'nothing is compared with the champion',
      expected: 'maxIncrease or maxDecrease beside it',
    });
  const [min, max] = [valueAt(value, [...path, 'min']), valueAt(value, [...path, 'max'])];
  if (typeof min === 'number' && typeof max === 'number' && min > max)
    breaches.push({ path: [...path, 'min'], message: `min ${min} is above max ${max}`, expected: `at most ${max}` });
  const sql = valueAt(value, [...path, 'sql', 'query']);
  if (typeof sql === 'string' && QUOTED.test(sql))
    breaches.push({
      path: [...path, 'sql', 'query'],
      message: 'has {{…}} within quotes',
      expected: '{{…}} without quotes: its value is bound',
    });
  return breaches;
};

const timeRules = (value: unknown, path: YamlPath, count: number): readonly RuleBreach[] => {
  let total = 0;
  for (let index = 0; index < count; index += 1) {
    const timeout = valueAt(value, [...path, index, 'timeout']) ?? '30s';
    // A command runs once per version, everything else is asked for both within its time.
    const times = valueAt(value, [...path, index, 'command']) === undefined ? 1 : 2;
    total += typeof timeout === 'string' ? (parseDuration(timeout) ?? 0) * times : 0;
  }
  return total <= MAX_TOTAL_MS
    ? []
    : [{ path, message: 'may take more than 20m in all', expected: 'shorter timeouts, those of commands count twice' }];
};
