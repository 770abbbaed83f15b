import type { z } from 'zod';
import { expected } from './expected.js';
import { nearest } from './nearest.js';
import { problemsOf, showPath } from './problemsOf.js';
import type { Problem } from './problem.js';
import { readYaml, type YamlPath, type YamlReading } from './readYaml.js';

/** A rule between fields that was broken. */
export interface RuleBreach {
  readonly path: YamlPath;
  readonly message: string;
  readonly expected: string;
  /** A word that is none of these: the nearest one is told with it. */
  readonly meant?: { readonly word: string; readonly among: readonly string[] };
}

export type CheckedYaml<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] };

const MAX_PROBLEMS = 100;

/**
 * Reads a YAML file against its schema and the rules between its fields, and reports every mistake, in the order of
 * the file; where there are more than 100, the last one says how many more. Rules see the raw value, so that a wrong type in one place hides no mistake in another.
 */
export const checkYaml = <T>(
  text: string,
  file: string,
  schema: z.ZodType<T>,
  rules: (value: unknown) => readonly RuleBreach[],
): CheckedYaml<T> => {
  const reading = readYaml(text, file);
  if (reading.value === undefined) return { ok: false, problems: inOrder(reading.problems) };
  const parsed = schema.safeParse(reading.value, { error: expected });
  const found = parsed.success ? [] : problemsOf(parsed.error.issues, reading, file);
  const broken = rules(reading.value);
  const problems = [...reading.problems, ...found];
  if (parsed.success && problems.length + broken.length === 0) return { ok: true, value: parsed.data };
  return { ok: false, problems: inOrder([...problems, ...placed(broken, reading, file)]) };
};

/** Breaches as problems with their places, in the order of the file, at most 100 of them. */
export const problemsOfBreaches = (
  breaches: readonly RuleBreach[],
  reading: Pick<YamlReading, 'place'>,
  file: string,
): readonly Problem[] => inOrder(placed(breaches, reading, file));

/** A problem, and the word whose nearest one is only looked for where the problem is told. */
type Found = Problem & Pick<RuleBreach, 'meant'>;

const placed = (
  breaches: readonly RuleBreach[],
  { place }: Pick<YamlReading, 'place'>,
  file: string,
): readonly Found[] =>
  breaches.map(({ path, ...breach }) => ({ file, ...place(path), path: showPath(path), ...breach }));

const inOrder = (problems: readonly Found[]): readonly Problem[] => {
  // Two checks of one field can say the same words.
  const said = new Map(problems.map((problem) => [wordsOf(problem), problem]));
  const all = [...said.values()].sort((a, b) => a.line - b.line || a.column - b.column);
  const told = all.slice(0, MAX_PROBLEMS).map(withNearest);
  const next = all[MAX_PROBLEMS];
  if (next === undefined) return told;
  const { file, line, column } = next;
  const message = `${all.length - MAX_PROBLEMS} more problems from here on`;
  return [...told, { file, line, column, path: '', message, expected: 'those above to be mended first' }];
};

const withNearest = ({ meant, ...problem }: Found): Problem => {
  const near = nearestOf({ meant });
  return near === undefined ? problem : { ...problem, nearest: near };
};

/** What somebody who broke this rule probably meant. */
export const nearestOf = ({ meant }: { readonly meant?: RuleBreach['meant'] | undefined }): string | undefined =>
  meant === undefined ? undefined : nearest(meant.word, meant.among);

const wordsOf = ({ line, column, path, message, expected: wanted }: Problem): string =>
  JSON.stringify([line, column, path, message, wanted]);
