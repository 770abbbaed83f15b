import type { AskedFor, AwaitedView, ReleaseView } from './types.js';

interface Awaited {
  /** Whose word, since when, and what happens without it. */
  readonly what: string;
  readonly ways: readonly { readonly command: string; readonly does: string }[];
}

/**
 * Whose word a release waits for, in words, and what somebody can do meanwhile.
 *
 * @param instant how a time is written
 */
export const sayAwaited = (
  { awaited, releaseId }: Pick<ReleaseView, 'awaited' | 'releaseId'>,
  instant: (at: number) => string,
): Awaited | undefined => {
  if (awaited === undefined) return undefined;
  const { askedFor, since, until, after } = awaited;
  const what = `${WAITS[askedFor](awaited)} since ${instant(since)}; without it by ${instant(until)} ${WITHOUT[askedFor]}`;
  if (askedFor !== 'turn') return { what, ways: [{ command: 'slipway status', does: 'says what goes on there' }] };
  const before =
    after === undefined
      ? []
      : [{ command: `slipway release show ${after}`, does: 'says what the one right before it waits for' }];
  return { what, ways: [...before, { command: `slipway release cancel ${releaseId}`, does: 'leaves the line' }] };
};

const WAITS: Readonly<Record<AskedFor, (awaited: AwaitedView) => string>> = {
  turn: ({ environment, after }) =>
    after === undefined
      ? `waits for the word of ${environment} that it may go on`
      : `in line for ${environment}, right after ${after}: waits for its turn`,
  entry: ({ environment }) => `waits for the word of ${environment} that it is deployed`,
  withdrawal: ({ environment }) => `takes back what it asked of ${environment}, and waits for its word`,
  return: ({ environment }) => `waits for the word of ${environment} that what ran before serves again`,
};

const WITHOUT: Readonly<Record<AskedFor, string>> = {
  turn: 'it gives its place up, and ends',
  entry: 'it ends as failed (timed_out)',
  withdrawal: 'it ends all the same',
  return: 'it ends as failed (timed_out)',
};
