import type { Interval, Verdict } from './types.js';

/** What `blocks` are called in sentences. */
export type BlockUnit = 'blocks' | 'days';

export interface PairedTest {
  readonly test: 'non_inferiority' | 'superiority';
  /**
   * In units of the metric, at least 0. `non_inferiority`: how much worse the candidate may be. `superiority`: how
   * much better it must at least be.
   */
  readonly margin: number;
  /** Two-sided, e.g. 0.95. */
  readonly confidence: number;
}

export interface PairedComparison {
  readonly verdict: Verdict;
  /** The candidate's value minus the champion's, on the same rows. */
  readonly difference?: number;
  readonly interval?: Interval;
  readonly reason: string;
}

/** Fewer blocks tell too little about how days differ. */
export const MIN_BLOCKS = 10;

/** Why nothing can be compared: a test that is impossible, or too few blocks with rows. */
export const uncomparable = (
  { margin, confidence }: PairedTest,
  blocks: number,
  unit: BlockUnit,
): PairedComparison | undefined => {
  if (!(margin >= 0) || !(confidence > 0 && confidence < 1))
    return { verdict: 'error', reason: `a margin of ${margin} at confidence ${confidence} is impossible` };
  return blocks < MIN_BLOCKS
    ? { verdict: 'insufficient_data', reason: `${blocks} ${unit} with rows, at least ${MIN_BLOCKS} are needed` }
    : undefined;
};

/**
 * A difference passes where its interval lies wholly on the good side of the margin, fails where wholly on the bad side,
 * and is `inconclusive` in between. A tie is not better.
 *
 * @param better whether less or more of the metric is
 */
export const judgeDifference = (
  { difference, interval }: { readonly difference: number; readonly interval: Interval },
  { test, margin, confidence }: PairedTest,
  blocks: string,
  better: 'less' | 'more',
): PairedComparison => {
  const worse: Interval = better === 'less' ? interval : [-interval[1], -interval[0]];
  const [low, high] = interval.map(signed);
  return {
    verdict: test === 'superiority' ? superior(worse, margin) : notInferior(worse, margin),
    difference,
    interval,
    reason: `the candidate differs by ${signed(difference)} (${confidence * 100} % interval ${low} to ${high}, ${blocks}), required is ${WORDS[better][test](margin)}`,
  };
};

const WORDS = {
  less: {
    non_inferiority: (margin: number) => `at most ${margin} worse`,
    superiority: (margin: number) => `at least ${margin} better`,
  },
  more: {
    non_inferiority: (margin: number) => `at most ${margin} lower`,
    superiority: (margin: number) => `at least ${margin} higher`,
  },
} as const;

const notInferior = ([low, high]: Interval, margin: number): Verdict =>
  high <= margin ? 'pass' : low > margin ? 'fail' : 'inconclusive';

const superior = ([low, high]: Interval, margin: number): Verdict =>
  high < -margin ? 'pass' : low >= -margin ? 'fail' : 'inconclusive';

export const signed = (value: number): string => `${value > 0 ? '+' : ''}${Number(value.toPrecision(3))}`;
