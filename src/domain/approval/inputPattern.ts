/**
 * A small language for what a text must look like, matched in one pass: time grows with pattern times text, whatever
 * both are, because a regular expression of a model repository could stop a worker. A pattern is alternatives of
 * sequences: letters as they are, `\d`, `\w`, `.`, a class `[A-Z0-9-]` or `[^…]`, each with `?`, `*`, `+`, `{n}` or `{n,m}`.
 * There are no groups. The whole text must match.
 */
type Accepts = (letter: string) => boolean;

interface Atom {
  readonly accepts: Accepts;
  readonly min: number;
  readonly max: number;
}

const MAX_PATTERN = 200;
const MAX_REPEAT = 200;

/** Why this is no pattern; undefined where it is one. */
export const patternFault = (pattern: string): string | undefined => {
  const parsed = parse(pattern);
  return typeof parsed === 'string' ? parsed : undefined;
};

/** What is no pattern is matched by nothing. */
export const matchesPattern = (pattern: string, text: string): boolean => {
  const parsed = parse(pattern);
  return typeof parsed !== 'string' && parsed.some((atoms) => matches(atoms, [...text]));
};

/** Positions of the text that can be reached after each atom; a set per atom, never a path. */
const matches = (atoms: readonly Atom[], text: readonly string[]): boolean => {
  let reached = new Set([0]);
  for (const { accepts, min, max } of atoms) {
    const after = new Set<number>();
    let open = new Set(reached);
    for (let count = 0; count <= max && open.size > 0; count += 1) {
      if (count >= min) {
        const before = after.size;
        for (const at of open) after.add(at);
        // Nothing new can come any more.
        if (count > min && after.size === before) break;
      }
      open = new Set([...open].filter((at) => at < text.length && accepts(text[at] ?? '')).map((at) => at + 1));
    }
    reached = after;
  }
  return reached.has(text.length);
};

const parse = (pattern: string): readonly (readonly Atom[])[] | string => {
  if (pattern.length > MAX_PATTERN) return `is longer than ${MAX_PATTERN} characters`;
  const alternatives: Atom[][] = [[]];
  for (let rest = pattern; rest !== '';) {
    if (rest.startsWith('|')) {
      alternatives.push([]);
      rest = rest.slice(1);
      continue;
    }
    const found =
      /^(?:\\(.)|\[(\^?)((?:\\.|[^\]\\])+)\]|([^()[\]{}?*+^$\\]))(\?|\*|\+|\{(\d{1,3})(?:,(\d{1,3}))?\})?/u.exec(rest);
    if (found === null) return `cannot be read from ${JSON.stringify(rest.slice(0, 12))} on`;
    const [whole, escaped, not, listed, letter, repeat, least, most] = found;
    const accepts =
      escaped !== undefined ? escape(escaped) : listed !== undefined ? oneOf(listed, not === '^') : plain(letter ?? '');
    if (typeof accepts === 'string') return accepts;
    const [min, max] = bounds(repeat, least, most);
    if (max < min || max > MAX_REPEAT) return `repeats ${repeat ?? ''}, which is not from few to at most ${MAX_REPEAT}`;
    alternatives.at(-1)?.push({ accepts, min, max });
    rest = rest.slice(whole.length);
  }
  return alternatives;
};

const bounds = (
  repeat: string | undefined,
  least: string | undefined,
  most: string | undefined,
): readonly [number, number] => {
  if (repeat === undefined) return [1, 1];
  if (repeat === '?') return [0, 1];
  if (repeat === '*') return [0, MAX_REPEAT];
  if (repeat === '+') return [1, MAX_REPEAT];
  return [Number(least), Number(most ?? least)];
};

const plain =
  (letter: string): Accepts =>
  (one) =>
    letter === '.' || one === letter;

const DIGIT: Accepts = (one) => one >= '0' && one <= '9';
const WORD: Accepts = (one) => DIGIT(one) || (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') || one === '_';

const escape = (letter: string): Accepts | string => {
  if (letter === 'd') return DIGIT;
  if (letter === 'w') return WORD;
  return WORD(letter) ? `has \\${letter}, which means nothing here` : (one) => one === letter;
};

const oneOf = (listed: string, not: boolean): Accepts | string => {
  const accepted: Accepts[] = [];
  for (let rest = listed; rest !== '';) {
    const range = /^([^\\])-([^\\])/u.exec(rest);
    const [, from = '', to = ''] = range ?? [];
    if (range !== null && from > to) return `has the range ${from}-${to}, which is the wrong way round`;
    if (range !== null) accepted.push((one) => one.length === 1 && one >= from && one <= to);
    const single = /^\\(.)/u.exec(rest) ?? /^()(.)/u.exec(rest);
    const accepts =
      range !== null ? undefined : rest.startsWith('\\') ? escape(single?.[1] ?? '') : literal(single?.[2] ?? '');
    if (typeof accepts === 'string') return accepts;
    if (accepts !== undefined) accepted.push(accepts);
    rest = rest.slice((range ?? single)?.[0].length ?? rest.length);
  }
  return (one) => accepted.some((accepts) => accepts(one)) !== not;
};

const literal =
  (letter: string): Accepts =>
  (one) =>
    one === letter;
