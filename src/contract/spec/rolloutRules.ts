/** Rules between fields of a rollout, besides those of the weights of its steps. */
import { parseDuration } from '../names.js';
import type { RuleBreach } from '../yaml/checkYaml.js';
import { valueAt } from '../yaml/problemsOf.js';
import type { YamlPath } from '../yaml/readYaml.js';

/** @param path of the rollout */
export const rolloutRules = (value: unknown, path: YamlPath): readonly RuleBreach[] => [
  ...endsInTime(value, [...path, 'canary', 'shadow'], 'hold'),
  ...endsInTime(value, [...path, 'blueGreen', 'shadow'], 'hold'),
  ...endsInTime(value, [...path, 'blueGreen'], 'keep', '10m'),
  ...nothingBehind(value, [...path, 'canary', 'steps']),
];

/** A look that may come only after the deadline would never find anything in time. */
const endsInTime = (value: unknown, path: YamlPath, key: 'hold' | 'keep', usual?: string): readonly RuleBreach[] => {
  if (valueAt(value, path) === undefined) return [];
  const lasts = milliseconds(valueAt(value, [...path, key]) ?? usual);
  const deadline = milliseconds(valueAt(value, [...path, 'deadline']) ?? '1h');
  if (lasts === undefined || deadline === undefined || lasts <= deadline) return [];
  const written = valueAt(value, [...path, key]) === undefined ? 'deadline' : key;
  return [
    {
      path: [...path, written],
      message: written === key ? 'is longer than the deadline beside it' : `is shorter than the ${key} of ${usual}`,
      expected: `${key} of at most deadline`,
    },
  ];
};

/** The last step has all traffic: nothing is left that anybody could let go on. */
const nothingBehind = (value: unknown, path: YamlPath): readonly RuleBreach[] => {
  const steps = valueAt(value, path);
  if (!Array.isArray(steps) || valueAt(value, [...path, steps.length - 1, 'approve']) === undefined) return [];
  return [
    {
      path: [...path, steps.length - 1, 'approve'],
      message: 'nothing comes behind the last step',
      expected: 'approve on a step before it',
    },
  ];
};

const milliseconds = (value: unknown): number | undefined =>
  typeof value === 'string' ? parseDuration(value) : undefined;
