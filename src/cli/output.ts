import { stripVTControlCharacters } from 'node:util';
import { colors } from './colors.js';
import { printable } from '../domain/printable.js';
import { printableIn } from './printable.js';

export { sayDuration as duration } from '../domain/sayDuration.js';

/** Results go to stdout, everything else to stderr; with `--json` stdout is one JSON document. */
export interface Output {
  readonly json: boolean;
  /** Both ends of the conversation are a terminal, and the answer is for a person. */
  readonly interactive: boolean;
  /** The result of a command: as JSON, or as the text that `render` makes of it. */
  result<T>(value: T, render: (value: T) => string): void;
  /** Text as it comes, such as a log. */
  raw(text: string): void;
  note(text: string): void;
  /** A line that says what is waited for and for how long, replaced in a terminal. */
  progress(text: string): void;
  endProgress(): void;
}

export interface Streams {
  readonly stdin?: { readonly isTTY?: boolean };
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean; hasColors?(): boolean };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
}

const TICK_MS = 250;
const SHOWN_AFTER_MS = 2_000;

export const createOutput = (json: boolean, { stdin, stdout, stderr }: Streams): Output => {
  // A terminal says whether it shows colours (it knows NO_COLOR and TERM); a file or a pipe gets none, also in CI.
  const coloured = stdout.isTTY === true && stdout.hasColors?.() === true;
  const progress = stderr.isTTY === true ? liveProgress(stderr) : plainProgress(stderr);
  return {
    json,
    interactive: !json && stdin?.isTTY === true && stderr.isTTY === true,
    result: (value, render) => {
      progress.end();
      const text = json ? JSON.stringify(value) : render(printableIn(value));
      stdout.write(`${json || coloured ? text : stripVTControlCharacters(text)}\n`);
    },
    raw: (text) => {
      progress.end();
      // A file gets the bytes as they were written, a person's terminal gets no commands of others.
      stdout.write(stdout.isTTY === true ? printable(text) : text);
    },
    note: (text) => {
      progress.end();
      stderr.write(`${printable(text)}\n`);
    },
    progress: progress.show,
    endProgress: progress.end,
  };
};

interface Progress {
  show(text: string): void;
  end(): void;
}

/** One line that is drawn again, with the time that has passed. */
const liveProgress = (stderr: Streams['stderr']): Progress => {
  let text = '';
  let since = 0;
  let timer: NodeJS.Timeout | undefined;
  const draw = (): void => {
    const passed = Date.now() - since;
    const clock = passed < SHOWN_AFTER_MS ? '' : ` (${Math.round(passed / 1000)} s)`;
    stderr.write(`\r\u001b[2K${`${text}${clock}`.slice(0, (stderr.columns ?? 80) - 1)}`);
  };
  return {
    show: (said) => {
      const next = printable(said);
      if (next !== text) [text, since] = [next, Date.now()];
      timer ??= setInterval(draw, TICK_MS).unref();
      draw();
    },
    end: () => {
      if (timer === undefined) return;
      clearInterval(timer);
      timer = undefined;
      text = '';
      stderr.write('\r\u001b[2K');
    },
  };
};

/** One line whenever something else is waited for. */
const plainProgress = (stderr: Streams['stderr']): Progress => {
  let text = '';
  return {
    show: (said) => {
      if (said === text) return;
      text = said;
      stderr.write(`${printable(said)}\n`);
    },
    end: () => undefined,
  };
};

export const short = (digestOrCommit: string | undefined): string =>
  (digestOrCommit ?? '').replace('sha256:', '').slice(0, 12);

/** The first line, with a sign where more was said. */
export const firstLine = (text: string | undefined, width: number): string => {
  const [first = '', ...rest] = (text ?? '').split('\n');
  if (first.length <= width) return rest.length === 0 ? first : `${first} …`;
  return `${first.slice(0, width - 1)}…`;
};

/** `<model>/<beginning of the commit>[.<n>]`, which commands take as a name. */
export const shortRelease = (releaseId: string): string => {
  const [model = '', release = ''] = releaseId.replace(/^release\//, '').split('/');
  const [commit = '', rerun] = release.split('.');
  return `${model}/${commit.slice(0, 12)}${rerun === undefined ? '' : `.${rerun}`}`;
};

export const when = (at: number | undefined): string =>
  at === undefined ? '' : new Date(at).toISOString().replace('T', ' ').slice(0, 19);

/** A verdict or outcome, coloured; the word itself says it, too. */
export const mark = (word: string | undefined): string => {
  if (word === undefined) return '';
  if (/^(pass|passed|promoted|deployed|resolved|ok)$/.test(word)) return colors.green(word);
  if (/^(fail|failed|blocked|rejected|rolled_back|error|open)$/.test(word)) return colors.red(word);
  return colors.yellow(word);
};

export const bytes = (size: number): string => {
  if (size < 1024) return `${size} B`;
  if (size < 1024 ** 2) return `${(size / 1024).toFixed(1)} KiB`;
  return size < 1024 ** 3 ? `${(size / 1024 ** 2).toFixed(1)} MiB` : `${(size / 1024 ** 3).toFixed(2)} GiB`;
};
