import type { Metrics } from '../gate/types.js';
import { meanDifference } from '../gate/comparePaired.js';
import { pairedByBlock } from './pairedByBlock.js';
import type { MonitoringSpec } from '../spec/types.js';
import { studentQuantile } from '../statistics/distributions.js';
import type { DriftWindow, RealisedPerformance } from './types.js';
import type { WindowRows } from './windowRows.js';

export interface PerformanceQuestion {
  readonly rows: WindowRows;
  readonly window: DriftWindow;
  readonly spec: MonitoringSpec;
  /** On the held-out rows, when the version was packaged. */
  readonly baseline: Metrics;
  /** The environment's clock, epoch milliseconds. */
  readonly now: number;
}

/** Fewer blocks say too little about how days differ. */
const MIN_BLOCKS = 5;
const MIN_COVERAGE = 0.5;

/**
 * What the version's loss really was, once labels are mature: mean over labelled rows, with an interval over days,
 * against what it was when packaged. Fails where the interval lies wholly above the tolerated increase. How many rows
 * have labels is always told; fewer than half of them, or than `minRows`, say nothing.
 */
export const measurePerformance = ({ rows, window, spec, baseline, now }: PerformanceQuestion): RealisedPerformance => {
  const { metric, maxIncrease } = spec.performance;
  const packaged = baseline[metric];
  const labelled = rows.label.filter((label) => label === 0 || label === 1).length;
  const coverage = rows.rows === 0 ? 0 : labelled / rows.rows;
  const about = { metric, labelled, rows: rows.rows, ...(packaged === undefined ? {} : { baseline: packaged }) };
  const unknown = (reason: string): RealisedPerformance => ({ ...about, verdict: 'insufficient_data', reason });

  if (now < window.end + spec.labelDelayMs)
    return unknown(`labels are mature ${instant(window.end + spec.labelDelayMs)}`);
  if (packaged === undefined) return unknown(`${metric} was not computed when the version was packaged`);
  if (labelled < spec.minRows) return unknown(`${labelled} rows have labels, at least ${spec.minRows} are needed`);
  if (coverage < MIN_COVERAGE) return unknown(`only ${percent(coverage)} of the rows have labels`);
  // Against a champion that loses on every row what the version lost on average when it was packaged.
  const blocks = pairedByBlock(metric, window, rows, packaged);
  if (blocks.length < MIN_BLOCKS)
    return unknown(
      `rows with labels on ${blocks.length} ${blocks.length === 1 ? 'block' : 'blocks'} of time, at least ${MIN_BLOCKS} are needed`,
    );
  if (!blocks.every((block) => Number.isFinite(block.candidate)))
    return { ...about, verdict: 'error', reason: 'a prediction is no number' };

  const { difference, error, degrees } = meanDifference(blocks);
  const reach = error === 0 ? 0 : studentQuantile(1 - spec.drift.alpha / 2, degrees) * error;
  const interval = [packaged + difference - reach, packaged + difference + reach] as const;
  const verdict = difference - reach > maxIncrease ? 'fail' : difference > maxIncrease ? 'inconclusive' : 'pass';
  const reason =
    `${metric} is ${round(packaged + difference)} (${round(interval[0])} to ${round(interval[1])}), was ${round(packaged)} when packaged, ` +
    `may rise by ${maxIncrease}; ${percent(coverage)} of ${rows.rows} rows have labels`;
  return { ...about, verdict, value: packaged + difference, interval, reason };
};

const round = (value: number): number => Number(value.toPrecision(4));
const percent = (share: number): string => `${Math.round(share * 100)} %`;
const instant = (at: number): string =>
  Math.abs(at) <= 8.64e15 ? `from ${new Date(at).toISOString().slice(0, 16)}Z` : 'never';
