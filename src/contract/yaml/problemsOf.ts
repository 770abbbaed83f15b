import type { core } from 'zod';
import { nearest } from './nearest.js';
import type { Problem } from './problem.js';
import type { YamlPath, YamlReading } from './readYaml.js';

type Issue = core.$ZodIssue;

/**
 * Turns what zod found into problems with places. Schemas of this folder's users say in their `error` what they
 * expected (see expected.ts); for unknown keys that is the list of valid keys.
 */
export const problemsOf = (issues: readonly Issue[], reading: YamlReading, file: string): readonly Problem[] =>
  issues.flatMap((issue) => problemsOfIssue(issue, [], reading, file));

const problemsOfIssue = (issue: Issue, base: YamlPath, reading: YamlReading, file: string): readonly Problem[] => {
  const path = [...base, ...issue.path.map((segment) => (typeof segment === 'number' ? segment : String(segment)))];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(key, path, issue.message, reading, file));
  }
  if (issue.code === 'invalid_union') {
    const meant = meantOption(issue.errors, valueAt(reading.value, path));
    if (meant !== undefined) return meant.flatMap((inner) => problemsOfIssue(inner, path, reading, file));
  }
  if (issue.code === 'invalid_key') return [invalidKey(path, issue, reading, file)];
  const value = valueAt(reading.value, path);
  const words = wordsOf(issue);
  const near = typeof value === 'string' && !words.includes(value) ? nearest(value, words) : undefined;
  const message = value === undefined ? 'is missing' : `is ${show(value)}`;
  return [problem({ file, path, message, expected: issue.message, near }, reading)];
};

const unknownKey = (key: string, path: YamlPath, keys: string, reading: YamlReading, file: string): Problem => {
  const near = nearest(key, keys.split(', '));
  return {
    file,
    ...reading.place(path, key),
    path: showPath([...path, key]),
    message: 'unknown key',
    expected: `one of ${keys}`,
    ...(near === undefined ? {} : { nearest: near }),
  };
};

const invalidKey = (
  path: YamlPath,
  issue: Extract<Issue, { code: 'invalid_key' }>,
  reading: YamlReading,
  file: string,
): Problem => ({
  file,
  ...reading.place(path.slice(0, -1), String(path.at(-1))),
  path: showPath(path),
  message: 'the key is no valid name',
  expected: issue.issues[0]?.message ?? issue.message,
});

/**
 * The option of a union that the writer meant: the one that fits best. Undefined when the value has the shape of
 * none of them, and the union's own words say more.
 */
const meantOption = (options: readonly (readonly Issue[])[], value: unknown): readonly Issue[] | undefined => {
  const shaped = options.filter(
    (issues) => !issues.some((issue) => issue.path.length === 0 && issue.code !== 'unrecognized_keys'),
  );
  const written = typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
  let best: { readonly issues: readonly Issue[]; readonly score: number } | undefined;
  for (const issues of shaped) {
    const strangers = issues.reduce((sum, one) => sum + (one.code === 'unrecognized_keys' ? one.keys.length : 0), 0);
    // Of several, one that shares no key with what is written is as good as any other.
    if (shaped.length > 1 && written > 0 && strangers === written) continue;
    const score = strangers * 2 + issues.filter((one) => one.code !== 'unrecognized_keys').length;
    if (best === undefined || score < best.score) best = { issues, score };
  }
  return best?.issues;
};

/** The words that are valid where the issue is, alone or as one option of several. */
const wordsOf = (issue: Issue): readonly string[] => {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  return issue.code === 'invalid_union' ? issue.errors.flat().flatMap(wordsOf) : [];
};

const problem = (
  what: { file: string; path: YamlPath; message: string; expected: string; near: string | undefined },
  reading: YamlReading,
): Problem => ({
  file: what.file,
  ...reading.place(what.path),
  path: showPath(what.path),
  message: what.message,
  expected: what.expected,
  ...(what.near === undefined ? {} : { nearest: what.near }),
});

/** `gates[0].rules[1].max` */
export const showPath = (path: YamlPath): string =>
  path
    .map((segment, index) => (typeof segment === 'number' ? `[${segment}]` : index === 0 ? segment : `.${segment}`))
    .join('');

export const valueAt = (value: unknown, path: YamlPath): unknown =>
  path.reduce<unknown>((inner, segment) => {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, segment)) return undefined;
    return (inner as Record<string | number, unknown>)[segment];
  }, value);

const show = (value: unknown): string => {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};
