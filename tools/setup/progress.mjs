// Lines on standard error: what is done now, that it still moves, and how long it took.

const BEAT_MS = process.stderr.isTTY ? 5_000 : 15_000;
/** Steps that end sooner leave no line. */
const SILENT_MS = 1_000;

/**
 * Runs `work`, showing progress as soon as it takes longer than a second. `note` replaces what the next beat says.
 *
 * @template T
 * @param {string} title
 * @param {(note: (text: string) => void) => Promise<T>} work
 * @param {(result: T) => string} [end] how it ended, in one word or two
 * @returns {Promise<T>}
 */
export async function step(title, work, end = () => 'done') {
  const began = performance.now();
  const spent = () => `${((performance.now() - began) / 1_000).toFixed(1)} s`;
  let text = '';
  let shown = false;
  const show = () => {
    say(`${title}${text ? `: ${text}` : ''} … ${spent()}`);
    shown = true;
  };
  const first = setTimeout(show, SILENT_MS);
  const beat = setInterval(show, BEAT_MS);
  try {
    const result = await work((next) => {
      const isNews = withoutFigures(next) !== withoutFigures(text);
      text = next;
      if (isNews && performance.now() - began > SILENT_MS) show();
    });
    if (shown) say(`${title}: ${end(result)} in ${spent()}`);
    return result;
  } finally {
    clearTimeout(first);
    clearInterval(beat);
  }
}

export const say = (text) => console.error(`setup: ${text}`);

const withoutFigures = (text) => text.replace(/\d+/g, '');
