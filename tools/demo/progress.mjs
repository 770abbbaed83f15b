// What the demo says while it runs: one line per step, with a moving clock in a terminal and plain lines elsewhere.
import { stderr } from 'node:process';
import colors from 'picocolors';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const live = Boolean(stderr.isTTY) && process.env.TERM !== 'dumb' && !process.env.CI;

export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** A chapter of the story. */
export const chapter = (title) => stderr.write(`\n${colors.bold(title)}\n`);

export const say = (text) => stderr.write(`  ${text}\n`);

/** What fits on the line after `taken` characters, so that nothing wraps in a terminal; whole where nobody looks at columns. */
export const fit = (text, taken = 0) => {
  const line = text.split('\n')[0] ?? '';
  const room = stderr.isTTY ? Math.max(20, (stderr.columns ?? 80) - taken - 1) : 400;
  return line.length <= room ? line : `${line.slice(0, room - 1)}…`;
};

/**
 * Runs `work` under a title; shows how long it takes. `work` gets a function that changes the text beside the title.
 * @template T
 * @param {string} title
 * @param {(note: (text: string) => void) => Promise<T>} work
 * @param {(result: T) => string} [describe]
 * @returns {Promise<T>}
 */
export const step = async (title, work, describe = () => '') => {
  const started = Date.now();
  let text = '';
  let frame = 0;
  const draw = () => {
    const line = `  ${FRAMES[frame++ % FRAMES.length]} ${title} ${colors.dim(`${seconds(Date.now() - started)} ${text}`)}`;
    stderr.write(`\r\u001b[2K${line.slice(0, (stderr.columns ?? 80) + 20)}`);
  };
  const timer = live ? setInterval(draw, 120) : undefined;
  try {
    const result = await work((changed) => {
      text = changed;
    });
    done(timer, colors.green('✓'), title, started, describe(result));
    return result;
  } catch (error) {
    done(timer, colors.red('✗'), title, started, error instanceof Error ? error.message : String(error));
    throw error;
  }
};

const done = (timer, mark, title, started, text) => {
  clearInterval(timer);
  if (live) stderr.write('\r\u001b[2K');
  const took = seconds(Date.now() - started);
  const shown = text === '' ? '' : `  ${fit(text, title.length + took.length + 7)}`;
  stderr.write(`  ${mark} ${title} ${colors.dim(took)}${shown}\n`);
};
