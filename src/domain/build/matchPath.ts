import { SlipwayError } from '../errors/slipwayError.js';

/** Comparisons that are left to whoever holds it. Shared by all matchers of one piece of work. */
export interface Effort {
  left: number;
}

/** Some tenths of a second. 50,000 files and 50 patterns take less than half of it. */
const MOST_EFFORT = 25_000_000;

export const newEffort = (most = MOST_EFFORT): Effort => ({ left: most });

/** @throws SlipwayError `spec_invalid` where nothing is left */
export const spend = (effort: Effort, amount: number): void => {
  effort.left -= amount;
  if (effort.left < 0)
    throw new SlipwayError(
      'spec_invalid',
      'the inputs in slipway.yaml and the files of the repository take too long to compare: name folders, and fewer of them',
    );
};

/**
 * Does a path of the repository match one of some patterns of slipway.yaml? `*` and `?` stand for characters within one
 * name, `**` for any number of folders; a pattern also matches everything below what it names. No regular expression: a
 * comparison takes at most the product of both lengths, whatever the pattern, and all of them together what `effort` has.
 *
 * @example pathMatcher(['lib/**', 'pipeline'])('pipeline/data.mjs') // true
 */
export const pathMatcher = (patterns: readonly string[], effort: Effort = newEffort()): ((path: string) => boolean) => {
  const below = isBelow(
    patterns.filter((pattern) => !isPattern(pattern)),
    effort,
  );
  const wild = patterns.filter(isPattern).map((pattern) => pattern.split('/').map(readSegment));
  return (path) => {
    if (below(path)) return true;
    if (wild.length === 0) return false;
    const names = path.split('/');
    spend(effort, names.length);
    return wild.some((segments) => matchesNames(segments, names, effort));
  };
};

/** Is a path one of these places, or below one? */
export const isBelow = (places: readonly string[], effort: Effort = newEffort()): ((path: string) => boolean) => {
  const known = places.map((place) => ({ place, folder: `${place}/` }));
  return (path) => {
    spend(effort, known.length);
    return known.some(({ place, folder }) => path === place || path.startsWith(folder));
  };
};

/** @example matchesPath('lib/**', 'lib/a/b.mjs') // true */
export const matchesPath = (pattern: string, path: string, effort?: Effort): boolean =>
  pathMatcher([pattern], effort)(path);

export const isPattern = (path: string): boolean => /[*?]/.test(path);

interface Segment {
  readonly text: string;
  readonly wild: boolean;
}

const readSegment = (text: string): Segment => ({ text, wild: isPattern(text) });

const matchesNames = (segments: readonly Segment[], names: readonly string[], effort: Effort): boolean => {
  let [at, position] = [0, 0];
  // After a mismatch it only ever goes back to the last `**`.
  let [many, tried] = [-1, 0];
  while (position < names.length) {
    spend(effort, 1);
    if (at === segments.length) return true;
    const { text, wild } = segments[at]!;
    const name = names[position]!;
    if (text === '**') {
      [many, tried] = [at, position];
      at += 1;
    } else if (wild ? matchesName(text, name, effort) : text === name) {
      at += 1;
      position += 1;
    } else if (many >= 0) {
      tried += 1;
      [at, position] = [many + 1, tried];
    } else return false;
  }
  return segments.slice(at).every(({ text }) => text === '**');
};

/** Lies one path in the other, or are they the same? */
export const overlaps = (one: string, other: string): boolean =>
  one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);

const matchesName = (pattern: string, name: string, effort: Effort): boolean => {
  let [at, position] = [0, 0];
  let [many, tried] = [-1, 0];
  while (position < name.length) {
    spend(effort, 1);
    if (pattern[at] === '*') {
      [many, tried] = [at, position];
      at += 1;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[position])) {
      at += 1;
      position += 1;
    } else if (many >= 0) {
      tried += 1;
      [at, position] = [many + 1, tried];
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
};
