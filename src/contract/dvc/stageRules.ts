import type { RuleBreach } from '../yaml/checkYaml.js';
import { valueAt } from '../yaml/problemsOf.js';

/** Keys that stand beside `foreach` to no end: DVC reads the stage below `do` alone. */
const WITH_FOREACH: ReadonlySet<string> = new Set(['foreach', 'do']);

/** Which keys of a stage go together, on the raw value: one command, or `foreach` with `do`, or a command with `matrix`. */
export const stageRules = (value: unknown): readonly RuleBreach[] => {
  const stages = valueAt(value, ['stages']);
  if (!isMapping(stages)) return [];
  return Object.entries(stages).flatMap(([name, stage]): readonly RuleBreach[] => {
    if (!isMapping(stage)) return [];
    const path = ['stages', name];
    const has = (key: string): boolean => Object.hasOwn(stage, key);
    if (!has('foreach') && !has('do'))
      return has('cmd') ? [] : [missing([...path, 'cmd'], 'a command, or a list of commands')];
    if (!has('do')) return [missing([...path, 'do'], 'the stage that is run for each')];
    if (!has('foreach')) return [missing([...path, 'foreach'], 'what it is run for')];
    return Object.keys(stage)
      .filter((key) => !WITH_FOREACH.has(key))
      .map((key) => ({ path: [...path, key], message: 'stands beside foreach', expected: `${key} below do` }));
  });
};

const missing = (path: RuleBreach['path'], expected: string): RuleBreach => ({ path, message: 'is missing', expected });

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
