import Table from 'cli-table3';
import { printable } from './printable.js';
import { colors } from './colors.js';

type Cell = string | number | undefined;

const BETWEEN = 2;
const LEAST = 8;

const NO_LINES = Object.fromEntries(
  ['mid', 'top', 'bottom', 'left', 'right'].flatMap((side) =>
    ['', '-left', '-mid', '-right'].map((part) => [`${side}${part}`, '']),
  ),
);

/** A table without lines, wrapped into the width of the terminal; where there is none, every row is one line. */
export const table = (
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  width: number | undefined = process.stdout.columns,
): string => {
  if (rows.length === 0) return colors.dim('none');
  const cells = rows.map((row) => head.map((_, column) => printable(String(row[column] ?? ''))));
  const widths = fitted(naturalWidths(head, cells), width);
  const drawing = new Table({
    head: [...head],
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
    chars: { ...NO_LINES, middle: ' '.repeat(BETWEEN) },
    ...(widths === undefined ? {} : { colWidths: [...widths], wordWrap: true, wrapOnWordBoundary: false }),
  });
  for (const row of cells) drawing.push(row);
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

/** Takes from the widest column until everything fits; undefined where it does as it is. */
const fitted = (natural: readonly number[], width: number | undefined): readonly number[] | undefined => {
  const room = (width ?? Infinity) - BETWEEN * (natural.length - 1);
  let total = natural.reduce((sum, one) => sum + one, 0);
  if (total <= room) return undefined;
  const widths = [...natural];
  while (total > room) {
    const widest = widths.indexOf(Math.max(...widths));
    if ((widths[widest] ?? 0) <= LEAST) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    total -= 1;
  }
  return widths;
};
