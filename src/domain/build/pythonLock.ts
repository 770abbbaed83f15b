import { SlipwayError } from '../errors/slipwayError.js';

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:\[[A-Za-z0-9._,-]*\])?==[A-Za-z0-9][A-Za-z0-9.!+_-]*$/;
const HASH = /^--hash=(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;
/** A word of a marker: nothing that pip would take for an option, a variable or a comment. */
const MARKER_WORD = /^[A-Za-z0-9_.'"<>=!~()+*,][A-Za-z0-9_.'"<>=!~()+*,-]*$/;

/**
 * What a lock file of Python pins, one package a line: `name==version [; marker] --hash=…`. Nothing else is taken: an option,
 * an address or a path would let pip build a source package, which runs what the package says. pip is given these lines
 * and never the file, so that both cannot read it differently.
 *
 * @throws SlipwayError `lock_refused` with the number of the line; never its text, which may be of another file behind a link
 * @example readPythonLock(`iniconfig==2.3.1 \\\n    --hash=sha256:${hex}\n`) // `iniconfig==2.3.1 --hash=sha256:${hex}\n`
 */
export const readPythonLock = (text: string): string =>
  statements(text)
    .map(({ words, line }) => {
      const pinned = readPin(words);
      if (pinned === undefined)
        throw new SlipwayError(
          'lock_refused',
          `line ${line} of the lock file is not name==version [; marker] with a --hash of sha256, sha384 or sha512`,
          { line },
        );
      return `${pinned}\n`;
    })
    .join('');

interface Statement {
  readonly words: readonly string[];
  /** Where it begins, from 1. */
  readonly line: number;
}

/** Lines without comments, those that end in a backslash joined with the next one. */
const statements = (text: string): readonly Statement[] => {
  const found: Statement[] = [];
  let open: { readonly words: string[]; readonly line: number } | undefined;
  for (const [index, written] of text.split(/\r?\n/).entries()) {
    const line = written.replace(/(^|[ \t])#.*$/, '').trimEnd();
    const goesOn = line.endsWith('\\');
    open ??= { words: [], line: index + 1 };
    open.words.push(...(goesOn ? line.slice(0, -1) : line).split(/[ \t]+/).filter((word) => word !== ''));
    if (goesOn) continue;
    if (open.words.length > 0) found.push(open);
    open = undefined;
  }
  if (open !== undefined && open.words.length > 0) found.push(open);
  return found;
};

const readPin = (words: readonly string[]): string | undefined => {
  const firstHash = words.findIndex((word) => word.startsWith('--'));
  if (firstHash < 1 || !words.slice(firstHash).every((word) => HASH.test(word))) return undefined;
  const [pin = '', ...rest] = words.slice(0, firstHash).join(' ').split(';');
  const marker = rest.join(';').trim();
  if (!NAME.test(pin.replaceAll(' ', '')) || rest.length > 1) return undefined;
  if (rest.length === 1 && !marker.split(' ').every((word) => MARKER_WORD.test(word))) return undefined;
  return [pin.replaceAll(' ', ''), ...(marker === '' ? [] : [`; ${marker}`]), ...words.slice(firstHash)].join(' ');
};
