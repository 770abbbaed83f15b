import type { FrozenReference } from '../artifact/contents.js';
import type { Verdict } from '../gate/types.js';
import type { ReferenceHistogram } from '../rollout/types.js';
import type { FeatureSpec, MonitoringSpec } from '../spec/types.js';
import { benjaminiHochberg } from '../statistics/benjaminiHochberg.js';
import { binLabels } from './binLabels.js';
import { compareColumn, type ColumnComparison } from './compareColumn.js';
import type { DriftWindow, FeatureDrift, QualityCheck } from './types.js';
import type { WindowRows } from './windowRows.js';

export interface ColumnsQuestion {
  readonly window: DriftWindow;
  readonly rows: WindowRows;
  readonly features: readonly FeatureSpec[];
  readonly reference: FrozenReference;
  readonly spec: MonitoringSpec;
}

export interface JudgedColumns {
  readonly features: readonly FeatureDrift[];
  readonly prediction: FeatureDrift;
}

/**
 * Features and predictions of a window against their reference. A column with a quality fault is not judged. Drift is
 * called only where the effect's lower bound exceeds the tolerance and its p-value, corrected for the number of
 * features, is below alpha: neither a few rows nor millions of them make an alarm of nothing. Half of alpha is the
 * predictions', half the features' together.
 */
export const judgeColumns = (question: ColumnsQuestion, quality: readonly QualityCheck[]): JudgedColumns => {
  const { rows, features, reference, spec } = question;
  const { maxDistance, alpha } = spec.drift;
  const columns = features.map(({ name }) =>
    columnOf(question, quality, name, reference.features[name], rows.features[name]),
  );
  const adjusted = adjust(columns);
  const predicted = columnOf(question, quality, 'prediction', reference.prediction, rows.prediction);
  return {
    features: columns.map((column, index) => judge(column, adjusted[index] ?? 1, alpha / 2, maxDistance)),
    prediction: judge(predicted, predicted.comparison?.pValue ?? 1, alpha / 2, maxDistance),
  };
};

/** Fewer independent observations than this say nothing of a distribution. */
const MIN_WORTH = 20;
/** Of fewer blocks of time nobody knows how alike the rows of one are. */
const MIN_BLOCKS = 5;

interface Column {
  readonly name: string;
  readonly reference: ReferenceHistogram | undefined;
  /** Absent: not judged, for this reason. */
  readonly comparison?: ColumnComparison;
  readonly unjudged: { readonly verdict: Verdict; readonly reason: string };
}

const columnOf = (
  { rows, window, spec }: ColumnsQuestion,
  quality: readonly QualityCheck[],
  name: string,
  reference: ReferenceHistogram | undefined,
  values: readonly (number | string | null)[] | undefined,
): Column => {
  const without = (verdict: Verdict, reason: string): Column => ({ name, reference, unjudged: { verdict, reason } });
  const about = quality.filter((check) => check.subject === name);
  const fault = about.find((check) => check.verdict === 'fail');
  if (fault !== undefined) return without('inconclusive', `not judged: ${fault.name} failed, ${fault.reason}`);
  const unlogged = about.find((check) => check.name === 'logged');
  if (unlogged !== undefined) return without('insufficient_data', unlogged.reason);
  if (rows.rows < spec.minRows)
    return without('insufficient_data', `${rows.rows} rows, at least ${spec.minRows} are needed`);
  if (reference === undefined || values === undefined)
    return without('insufficient_data', 'there is no reference to compare with');
  const comparison = compareColumn(reference, values, rows.eventTime, window, spec.drift.alpha / 2);
  if (comparison === undefined) return without('insufficient_data', 'the reference is empty');
  const few = tooFew(comparison);
  const unjudged = without('insufficient_data', few ?? '');
  return few === undefined ? { ...unjudged, comparison } : unjudged;
};

const tooFew = ({ worth, blocks }: ColumnComparison): string | undefined => {
  if (blocks < MIN_BLOCKS)
    return `rows on ${blocks} ${blocks === 1 ? 'block' : 'blocks'} of time, at least ${MIN_BLOCKS} are needed`;
  if (worth < MIN_WORTH) return `all rows of a day are alike: they are worth ${Math.round(worth)} independent ones`;
  return undefined;
};

/** Corrected among the columns that were compared. */
const adjust = (columns: readonly Column[]): readonly number[] => {
  const compared = columns.filter((column) => column.comparison !== undefined);
  const adjusted = benjaminiHochberg(compared.map((column) => column.comparison?.pValue ?? 1));
  return columns.map((column) => adjusted[compared.indexOf(column)] ?? 1);
};

const judge = (
  { name, reference, comparison, unjudged }: Column,
  adjusted: number,
  alpha: number,
  tolerance: number,
): FeatureDrift => {
  const frame = {
    feature: name,
    tolerance,
    reference: reference?.counts ?? [],
    labels: reference === undefined ? [] : binLabels(reference),
  };
  if (comparison === undefined) {
    return { ...frame, ...unjudged, distance: 0, interval: [0, 1], pValue: 1, psi: 0, current: [] };
  }
  const { distance, interval, pValue, psi, current, designEffect } = comparison;
  const drifted = interval[0] > tolerance && adjusted < alpha;
  const verdict: Verdict = drifted ? 'fail' : distance > tolerance ? 'inconclusive' : 'pass';
  const reason =
    `distance ${round(distance)} (${round(interval[0])} to ${round(interval[1])}), tolerated ${tolerance}; ` +
    `p ${round(pValue)}, corrected ${round(adjusted)}; design effect ${round(designEffect)}`;
  return { ...frame, verdict, distance, interval, pValue, psi, current, reason };
};

const round = (value: number): number => Number(value.toPrecision(3));
