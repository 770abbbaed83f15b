import type { RuleBreach } from './checkYaml.js';
import type { YamlPath } from './readYaml.js';

/** More are counted: a file can have thousands of names, and thousands that are misspelt. */
const MOST_NAMES = 30;

/**
 * A name that stands for nothing, with those that do.
 *
 * @example unknownName(['defaultChannel'], 'oncal', ['oncall'], 'channel')
 *   // { message: 'there is no channel "oncal"', expected: 'one of oncall', meant: { word: 'oncal', among: ['oncall'] }, ... }
 */
export const unknownName = (path: YamlPath, name: string, known: readonly string[], kind: string): RuleBreach => ({
  path,
  message: `there is no ${kind} ${show(name)}`,
  expected: known.length === 0 ? `the name of one of the ${kind}s; there are none` : `one of ${listed(known)}`,
  meant: { word: name, among: known },
});

/** `a, b, c`, or the first 30 and how many more there are. */
export const listed = (names: readonly string[]): string =>
  names.length <= MOST_NAMES
    ? names.join(', ')
    : `${names.slice(0, MOST_NAMES).join(', ')} and ${names.length - MOST_NAMES} more`;

const show = (name: string): string => {
  const text = JSON.stringify(name);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
};
