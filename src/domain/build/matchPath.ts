/**
 * Does a path of the repository match a pattern of slipway.yaml? `*` and `?` stand for characters within one name,
 * `**` for any number of folders; a pattern also matches everything below what it names. No regular expression:
 * the time is bounded by the product of both lengths, whatever the pattern.
 *
 * @example matchesPath('lib/**', 'lib/a/b.mjs') // true
 * @example matchesPath('pipeline', 'pipeline/data.mjs') // true
 */
export const matchesPath = (pattern: string, path: string): boolean => {
  if (!/[*?]/.test(pattern)) return path === pattern || path.startsWith(`${pattern}/`);
  const [segments, names] = [pattern.split('/'), path.split('/')];
  let [at, position] = [0, 0];
  // After a mismatch it only ever goes back to the last `**`.
  let [many, tried] = [-1, 0];
  while (position < names.length) {
    if (at === segments.length) return true;
    if (segments[at] === '**') {
      [many, tried] = [at, position];
      at += 1;
    } else if (matchesName(segments[at]!, names[position]!)) {
      at += 1;
      position += 1;
    } else if (many >= 0) {
      tried += 1;
      [at, position] = [many + 1, tried];
    } else return false;
  }
  return segments.slice(at).every((segment) => segment === '**');
};

/** Lies one path in the other, or are they the same? */
export const overlaps = (one: string, other: string): boolean =>
  one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);

const matchesName = (pattern: string, name: string): boolean => {
  let [at, position] = [0, 0];
  let [many, tried] = [-1, 0];
  while (position < name.length) {
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
