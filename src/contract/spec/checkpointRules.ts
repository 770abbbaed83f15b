/** Rules of the folder that a step keeps for itself, on the raw value: nothing else is written there, and nobody else reads it. */
import { isPattern, overlaps } from '../../domain/build/matchPath.js';
import { valueAt } from '../yaml/problemsOf.js';
import type { RuleBreach } from '../yaml/checkYaml.js';

interface Place {
  readonly path: string;
  /** As the end of a sentence. */
  readonly what: string;
}

/** @param count how many of the steps are looked at */
export const checkpointRules = (value: unknown, count: number): readonly RuleBreach[] => {
  const steps = listOf(value, ['build', 'steps']).slice(0, count);
  const taken: Place[] = [...steps.flatMap(placesOf), ...artifactPlaces(value)];
  return steps.flatMap((step, index): readonly RuleBreach[] => {
    const checkpoint = valueAt(step, ['checkpoint']);
    if (typeof checkpoint !== 'string') return [];
    const path = ['build', 'steps', index, 'checkpoint'];
    if (isPattern(checkpoint)) return [{ path, message: 'is a pattern', expected: 'the path of a folder' }];
    if (listOf(step, ['outputs']).length === 0)
      return [{ path, message: 'is of a step without outputs', expected: 'outputs of the step, too' }];
    const other = taken.find((one) => overlaps(one.path, checkpoint));
    taken.push({ path: checkpoint, what: `the checkpoint of ${nameOf(step)}` });
    const expected = 'a folder that nobody else reads or writes';
    return other === undefined ? [] : [{ path, message: `${checkpoint} meets ${other.what}`, expected }];
  });
};

const placesOf = (step: unknown): readonly Place[] => {
  const outputs = listOf(step, ['outputs']).map((path) => ({ path, what: `the output ${String(path)}` }));
  const inputs = listOf(step, ['inputs'])
    .map((input) => (typeof input === 'string' ? input : valueAt(input, ['path'])))
    .map((path) => ({ path, what: `the input ${String(path)}` }));
  return [...outputs, ...inputs].flatMap(({ path, what }) =>
    typeof path === 'string' && !isPattern(path) ? [{ path, what: `${what} of ${nameOf(step)}` }] : [],
  );
};

const artifactPlaces = (value: unknown): readonly Place[] =>
  ['model', 'evaluation', 'reference', 'report'].flatMap((key) => {
    const path = valueAt(value, ['artifact', key]);
    return typeof path === 'string' ? [{ path, what: `artifact.${key}` }] : [];
  });

const listOf = (value: unknown, path: readonly string[]): readonly unknown[] => {
  const found = valueAt(value, path);
  return Array.isArray(found) ? found : [];
};

const nameOf = (step: unknown): string => String(valueAt(step, ['name']) ?? 'a step');
