import { METRIC_NAMES, METRICS, type MetricName } from '../spec/metrics.js';
import { blockError } from './blockError.js';
import { weightedMetrics, type BlockSums } from './blockSums.js';
import { calibrationBias } from './calibrationBias.js';
import { studentQuantile } from './distributions.js';
import { randomStream, type RandomStream } from './randomStream.js';

export interface MetricEstimate {
  readonly value: number;
  /** By how much the value is too high on average, at least and at most; 0 but of metrics that noise alone makes larger. */
  readonly bias: readonly [number, number];
  /** Standard error. */
  readonly error: number;
  /** Of freedom. */
  readonly degrees: number;
  /** What the quantity can be at all. */
  readonly range: readonly [number, number];
}

export type MetricEstimates = Readonly<Partial<Record<MetricName, MetricEstimate>>>;

export interface BlockBootstrap {
  readonly blocks: number;
  readonly candidate: MetricEstimates;
  /** Candidate minus champion, on the same rows in the same rounds. */
  readonly difference?: MetricEstimates;
}

export interface BootstrapOptions {
  readonly rounds: number;
  /** Made of digests of what is compared: the same evidence gives the same bytes. */
  readonly seed: string;
}

/**
 * Standard errors of all metrics, and of their differences between two models on the same rows, by drawing whole
 * blocks with replacement. Few blocks make the plain bootstrap too sure of itself: its variance is raised by
 * b / (b - 1), by the likeness of neighbouring blocks as {@link blockError} sees it, and its interval is Student's.
 * Source: Efron and Tibshirani 1993, chapters 8 and 12.
 *
 * @param champion of the same blocks
 */
export const blockBootstrap = (
  candidate: BlockSums,
  champion: BlockSums | undefined,
  { rounds, seed }: BootstrapOptions,
): BlockBootstrap => {
  const { blocks } = candidate;
  const whole = new Uint32Array(blocks).fill(1);
  const weightings = [
    whole,
    ...Array.from(whole, (_, left) => whole.map((weight, block) => (block === left ? 0 : weight))),
    ...drawBlocks(blocks, rounds, randomStream(seed)),
  ];
  const ours = weightedMetrics(candidate, weightings);
  const theirs = champion === undefined ? undefined : weightedMetrics(champion, weightings);
  const own = calibrationBias(candidate);
  const biases = [own, champion === undefined ? 0 : own - calibrationBias(champion)];
  const estimates = (which: 0 | 1): MetricEstimates =>
    Object.fromEntries(
      METRIC_NAMES.flatMap((metric, position) => {
        const values = ours.map((measured, at) => {
          const value = measured[position] ?? Number.NaN;
          return which === 0 ? value : value - (theirs?.[at]?.[position] ?? Number.NaN);
        });
        const noise = metric === 'calibration_error' ? biases[which] : undefined;
        const [value = Number.NaN] = values;
        const found = estimate(noise, value, values.slice(1, 1 + blocks), values.slice(1 + blocks));
        return found === undefined ? [] : [[metric, { ...found, range: rangeOf(metric, which === 1) }]];
      }),
    );
  return { blocks, candidate: estimates(0), ...(champion === undefined ? {} : { difference: estimates(1) }) };
};

/** Every round draws as many blocks as there are, with replacement: how often each was drawn. */
const drawBlocks = (blocks: number, rounds: number, next: RandomStream): readonly Uint32Array[] =>
  Array.from({ length: rounds }, () => {
    const weights = new Uint32Array(blocks);
    for (let draw = 0; draw < blocks; draw += 1) {
      const block = Math.floor(next() * blocks);
      weights[block] = (weights[block] ?? 0) + 1;
    }
    return weights;
  });

const rangeOf = (metric: MetricName, isDifference: boolean): readonly [number, number] => {
  const [least, most] = METRICS[metric].range;
  return isDifference ? [least - most, most - least] : [least, most];
};

/** Undefined where the metric cannot be computed, or not in nearly every round. */
const estimate = (
  noise: number | undefined,
  value: number,
  without: readonly number[],
  replicates: readonly number[],
): Omit<MetricEstimate, 'range'> | undefined => {
  const kept = replicates.filter(Number.isFinite);
  const blocks = without.length;
  if (!Number.isFinite(value) || !without.every(Number.isFinite) || kept.length < replicates.length * 0.99)
    return undefined;
  const mean = kept.reduce((sum, one) => sum + one, 0) / kept.length;
  const variance = kept.reduce((sum, one) => sum + (one - mean) ** 2, 0) / Math.max(1, kept.length - 1);
  const { degrees, inflation } = blockError(without.map((left) => value - left));
  return {
    value,
    // Two guesses, either of which is right of some models: each end takes the one that makes it more careful.
    bias: noise === undefined ? [0, 0] : [Math.min(noise, mean - value), Math.max(noise, mean - value)],
    error: blocks < 2 ? Infinity : Math.sqrt(((variance * blocks) / (blocks - 1)) * inflation),
    degrees,
  };
};

/** Two-sided, e.g. 0.95. */
export const metricInterval = (
  { value, bias, error, degrees, range: [least, most] }: MetricEstimate,
  confidence: number,
): readonly [number, number] => {
  const reach = error === 0 ? 0 : studentQuantile((1 + confidence) / 2, degrees) * error;
  return [Math.max(least, value - bias[1] - reach), Math.min(most, value - bias[0] + reach)];
};
