import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import colors from 'picocolors';

/** Results go to stdout, everything else to stderr; with `--json` stdout is one JSON document. */
export interface Output {
  readonly json: boolean;
  /** The result of a command: as JSON, or as the text that `render` makes of it. */
  result<T>(value: T, render: (value: T) => string): void;
  /** Text as it comes, such as a log. */
  raw(text: string): void;
  note(text: string): void;
  /** A line that says what is waited for, replaced in a terminal. */
  progress(text: string): void;
  endProgress(): void;
}

export interface Streams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
}

export const createOutput = (json: boolean, { stdout, stderr }: Streams): Output => {
  let last = '';
  let drawn = false;
  return {
    json,
    result: (value, render) => void stdout.write(json ? `${JSON.stringify(value)}\n` : `${render(value)}\n`),
    raw: (text) => void (json ? stderr : stdout).write(printable(text)),
    note: (text) => void stderr.write(`${printable(text)}\n`),
    progress: (text) => {
      if (text === last) return;
      last = text;
      if (stderr.isTTY === true) {
        stderr.write(`\r\u001b[2K${printable(text).slice(0, (stderr.columns ?? 80) - 1)}`);
        drawn = true;
      } else stderr.write(`${printable(text)}\n`);
    },
    endProgress: () => {
      if (drawn) stderr.write('\r\u001b[2K');
      drawn = false;
    },
  };
};

/** Text of others must not steer the terminal. */
export const printable = (text: string): string =>
  stripVTControlCharacters(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');

export const table = (head: readonly string[], rows: readonly (readonly (string | number | undefined)[])[]): string => {
  if (rows.length === 0) return colors.dim('none');
  const drawing = new Table({
    head: head.map((name) => colors.bold(name)),
    style: { head: [], border: [], compact: true },
    chars: {
      mid: '',
      'left-mid': '',
      'mid-mid': '',
      'right-mid': '',
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      right: '',
      middle: '  ',
    },
  });
  for (const row of rows) drawing.push(row.map((cell) => printable(String(cell ?? ''))));
  return drawing.toString();
};

export const short = (digestOrCommit: string | undefined): string =>
  (digestOrCommit ?? '').replace('sha256:', '').slice(0, 12);

export const when = (at: number | undefined): string =>
  at === undefined ? '' : new Date(at).toISOString().replace('T', ' ').slice(0, 19);

export const duration = (ms: number | undefined): string => {
  if (ms === undefined || !Number.isFinite(ms)) return '';
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${(ms / 60_000).toFixed(1)} min`;
  return ms < 86_400_000 ? `${(ms / 3_600_000).toFixed(1)} h` : `${(ms / 86_400_000).toFixed(1)} d`;
};

/** A verdict or outcome, coloured; the word itself says it, too. */
export const mark = (word: string | undefined): string => {
  if (word === undefined) return '';
  if (/^(pass|passed|promoted|deployed|resolved|ok)$/.test(word)) return colors.green(word);
  if (/^(fail|failed|blocked|rejected|rolled_back|error|open)$/.test(word)) return colors.red(word);
  return colors.yellow(word);
};
