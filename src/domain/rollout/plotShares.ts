/** One stretch of a rollout: since when its share, which percent. */
export interface Share {
  /** Epoch milliseconds; absent: planned. */
  readonly at?: number;
  readonly weight: number;
}

const WIDTH = 30;

/**
 * A bar per share of the traffic: those that it had, and lighter ones for what its plan has still to come.
 *
 * @example plotShares([{ at: 0, weight: 10 }, { weight: 50 }]) // ['###', '...............'], with time and percent before
 */
export const plotShares = (shares: readonly Share[]): readonly string[] =>
  shares.map(({ at, weight }) => {
    const share = Math.min(100, Math.max(0, weight));
    // Any share that is one is seen.
    const length = share > 0 ? Math.max(1, Math.round((share / 100) * WIDTH)) : 0;
    const since = at === undefined ? 'planned' : new Date(at).toISOString().slice(11, 19);
    const bar = (at === undefined ? '░' : '█').repeat(length);
    return `${since.padEnd(8)} ${`${share} %`.padStart(7)} ${bar}`.trimEnd();
  });

/** What its plan has still to come: steps of a greater share than it has, and all of the traffic at last. */
export const sharesToCome = (
  steps: readonly { readonly weight: number }[],
  now: number,
  going: boolean,
): readonly Share[] => {
  if (!going || steps.length === 0) return [];
  const ahead = steps.filter(({ weight }) => weight > now).map(({ weight }) => ({ weight }));
  return now >= 100 || ahead.at(-1)?.weight === 100 ? ahead : [...ahead, { weight: 100 }];
};
