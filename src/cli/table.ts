import Table from 'cli-table3';
import { printable } from '../domain/printable.js';
import { colors } from './colors.js';

type Cell = string | number | undefined;

const BETWEEN = 2;
const LEAST = 8;
const LEAST_PROSE = 12;
const PROSE_WORDS = 2;

const NO_LINES = Object.fromEntries(
  ['mid', 'top', 'bottom', 'left', 'right'].flatMap((side) =>
    ['', '-left', '-mid', '-right'].map((part) => [`${side}${part}`, '']),
  ),
);

/** A table without lines, wrapped into the width of the terminal; where there is none, every row is one line. Without rows it is `empty`. */
export const table = (
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  { width = process.stdout.columns, empty = 'none' }: { readonly width?: number; readonly empty?: string } = {},
): string => {
  if (rows.length === 0) return colors.dim(empty);
  const cells = rows.map((row) => head.map((_, column) => printable(String(row[column] ?? ''))));
  const widths = fitted(naturalWidths(head, cells), cells, width);
  const drawing = new Table({
    head: [...head],
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
    chars: { ...NO_LINES, middle: ' '.repeat(BETWEEN) },
    ...(widths === undefined ? {} : { colWidths: [...widths] }),
  });
  for (const row of cells)
    drawing.push(widths === undefined ? row : row.map((cell, column) => wrapped(cell, widths[column] ?? LEAST)));
  // Coloured last: escape sequences must not be counted, or cut, by the wrapping.
  return drawing
    .toString()
    .split('\n')
    .map((line, index) => (index === 0 ? colors.bold(line.trimEnd()) : line.trimEnd()))
    .join('\n');
};

const naturalWidths = (head: readonly string[], cells: readonly (readonly string[])[]): readonly number[] =>
  head.map((name, column) =>
    Math.max(name.length, ...cells.flatMap((row) => (row[column] ?? '').split('\n').map((line) => line.length))),
  );

/**
 * Takes from the widest column until everything fits, from prose before names and times; undefined where it does as it
 * is.
 */
const fitted = (
  natural: readonly number[],
  cells: readonly (readonly string[])[],
  width: number | undefined,
): readonly number[] | undefined => {
  const room = (width ?? Infinity) - BETWEEN * (natural.length - 1);
  let total = natural.reduce((sum, one) => sum + one, 0);
  if (total <= room) return undefined;
  const widths = [...natural];
  const isProse = widths.map((_, column) => cells.some((row) => (row[column] ?? '').split(' ').length > PROSE_WORDS));
  for (; total > room; total -= 1) {
    const prose = widths.map((one, column) => (isProse[column] === true && one > LEAST_PROSE ? one : 0));
    const widest = Math.max(...prose) > 0 ? prose.indexOf(Math.max(...prose)) : widths.indexOf(Math.max(...widths));
    if ((widths[widest] ?? 0) <= LEAST) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
};

/** Broken between words; a word that is longer than a line is broken where the line ends. */
const wrapped = (text: string, width: number): string =>
  text
    .split('\n')
    .flatMap((line) => {
      const lines = [''];
      for (const word of line.split(' ').flatMap((one) => chunks(one, width))) {
        const last = lines.at(-1) ?? '';
        if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
        else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
      }
      return lines;
    })
    .join('\n');

const chunks = (word: string, width: number): readonly string[] =>
  word.length <= width ? [word] : [word.slice(0, width), ...chunks(word.slice(width), width)];
