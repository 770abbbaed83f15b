import { BAKE_LOOKS } from '../bake/bakeTiming.js';
import { pairedByBlock } from '../drift/pairedByBlock.js';
import type { DriftWindow } from '../drift/types.js';
import type { WindowRows } from '../drift/windowRows.js';
import { meanDifference } from '../gate/comparePaired.js';
import type { BakeSpec } from '../spec/bake.js';
import { studentQuantile } from '../statistics/distributions.js';

const FALSE_ALARMS = 0.05;
/** Fewer blocks of time say too little about how they differ. */
const MIN_BLOCKS = 5;

export type BakeVerdict =
  | { readonly kind: 'confirmed'; readonly reason: string }
  | { readonly kind: 'refuted'; readonly reason: string }
  /** Nothing can be said yet. */
  | { readonly kind: 'waiting'; readonly reason: string };

export interface BakeQuestion {
  readonly spec: BakeSpec;
  /** What the version predicted in the window, labels where they are known. */
  readonly rows: WindowRows;
  /** Event time: from its deployment until rows are too young to have labels. */
  readonly window: DriftWindow;
  /** What it lost when it was packaged; absent: that was not computed. */
  readonly packaged?: number;
}

/**
 * Is what the version really lost within its limit, on the rows whose labels are mature? Blocks of time are the sample, as
 * in drift checks. It is confirmed where the mean is within the limit, and refuted where its whole interval is beyond;
 * in between, or on too few labels, it waits for more.
 */
export const judgeBake = ({ spec, rows, window, packaged }: BakeQuestion): BakeVerdict => {
  const limit = limitOf(spec, packaged);
  if (limit === undefined)
    return waiting(`${spec.metric} was not computed when it was packaged, and there is no maxLoss`);
  const labelled = rows.label.filter((label) => label === 0 || label === 1).length;
  const share = rows.rows === 0 ? 0 : labelled / rows.rows;
  const known = `${labelled} of ${rows.rows} rows have labels`;
  if (labelled < spec.minLabels) return waiting(`${known}, and ${spec.minLabels} are needed`);
  if (share < spec.minShare) return waiting(`${known}, and ${percent(spec.minShare)} are needed`);
  const blocks = pairedByBlock(spec.metric, window, rows, limit);
  if (blocks.length < MIN_BLOCKS)
    return waiting(`${known}, in ${blocks.length} blocks of time, and ${MIN_BLOCKS} are needed`);
  if (!blocks.every(({ candidate }) => Number.isFinite(candidate))) return waiting('a prediction is no number');
  const { difference, error, degrees } = meanDifference(blocks);
  const reach = error === 0 ? 0 : studentQuantile(1 - FALSE_ALARMS / BAKE_LOOKS / 2, degrees) * error;
  const loss = limit + difference;
  const found = `${spec.metric} is ${round(loss)} (${round(loss - reach)} to ${round(loss + reach)}), at most ${round(limit)}; ${known}`;
  if (difference - reach > 0) return { kind: 'refuted', reason: found };
  return difference <= 0 ? { kind: 'confirmed', reason: found } : waiting(`${found}: perhaps by chance`);
};

const limitOf = ({ maxLoss, maxIncrease }: BakeSpec, packaged: number | undefined): number | undefined => {
  const limits = [
    ...(maxLoss === undefined ? [] : [maxLoss]),
    ...(maxIncrease === undefined || packaged === undefined ? [] : [packaged + maxIncrease]),
  ];
  return limits.length === 0 ? undefined : Math.min(...limits);
};

const waiting = (reason: string): BakeVerdict => ({ kind: 'waiting', reason });
const round = (value: number): number => Number(value.toPrecision(4));
const percent = (share: number): string => `${Math.round(share * 100)} %`;
