import type { z } from 'zod';
import { expected } from './expected.js';
import { problemsOf, showPath } from './problemsOf.js';
import type { Problem } from './problem.js';
import { readYaml, type YamlPath } from './readYaml.js';

/** A rule between fields that was broken. */
export interface RuleBreach {
  readonly path: YamlPath;
  readonly message: string;
  readonly expected: string;
  readonly nearest?: string;
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
  const broken = rules(reading.value).map(({ path, ...breach }): Problem => ({
    file,
    ...reading.place(path),
    path: showPath(path),
    ...breach,
  }));
  const problems = [...reading.problems, ...found, ...broken];
  if (parsed.success && problems.length === 0) return { ok: true, value: parsed.data };
  return { ok: false, problems: inOrder(problems) };
};

const inOrder = (problems: readonly Problem[]): readonly Problem[] => {
  // Two checks of one field can say the same words.
  const said = new Map(problems.map((problem) => [wordsOf(problem), problem]));
  const all = [...said.values()].sort((a, b) => a.line - b.line || a.column - b.column);
  const [next] = all.slice(MAX_PROBLEMS);
  if (next === undefined) return all;
  const more = `${all.length - MAX_PROBLEMS} more problems from here on`;
  const { nearest: _, ...place } = next;
  return [
    ...all.slice(0, MAX_PROBLEMS),
    { ...place, path: '', message: more, expected: 'those above to be mended first' },
  ];
};

const wordsOf = ({ line, column, path, message, expected: wanted }: Problem): string =>
  JSON.stringify([line, column, path, message, wanted]);
