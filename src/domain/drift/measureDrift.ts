import type { FrozenReference } from '../artifact/contents.js';
import type { Digest } from '../artifact/types.js';
import type { Verdict } from '../gate/types.js';
import type { ReferenceHistogram } from '../rollout/types.js';
import type { FeatureSpec, MonitoringSpec } from '../spec/types.js';
import { benjaminiHochberg } from '../statistics/benjaminiHochberg.js';
import { binLabels } from './binLabels.js';
import { checkQuality } from './checkQuality.js';
import { compareColumn, type ColumnComparison } from './compareColumn.js';
import { findingsOf } from './findings.js';
import { measurePerformance } from './measurePerformance.js';
import type { DriftReport, DriftWindow, FeatureDrift, QualityCheck } from './types.js';
import type { WindowRows } from './windowRows.js';

export interface DriftQuestion {
  readonly model: string;
  readonly environment: string;
  readonly artifactDigest: Digest;
  readonly releaseId: string;
  readonly window: DriftWindow;
  /** Rows of this version in this window. */
  readonly rows: WindowRows;
  readonly features: readonly FeatureSpec[];
  readonly reference: FrozenReference;
  readonly spec: MonitoringSpec;
  /** The environment's clock, epoch milliseconds. */
  readonly now: number;
  /** Rows of an ordinary window, where earlier ones are known. */
  readonly usualRows?: number;
  /** Newest event time of any version in the window, where it was shared among versions. */
  readonly newest?: number;
}

/**
 * Measures one window of one version: data quality first, then drift of features and predictions against the frozen
 * reference, then realised performance. A column with a quality fault is not judged for drift. Drift is called only
 * where the effect's lower bound exceeds the tolerance and its p-value, corrected for the number of columns, is below
 * alpha: neither a few rows nor millions of them make an alarm of nothing. Half of alpha is the predictions', half
 * the features' together.
 */
export const measureDrift = (question: DriftQuestion): DriftReport => {
  const { model, environment, artifactDigest, releaseId, window, rows, features, reference, spec } = question;
  const quality = checkQuality({
    rows,
    window,
    features,
    references: reference.features,
    minRows: spec.minRows,
    ...(question.usualRows === undefined ? {} : { usualRows: question.usualRows }),
    ...(question.newest === undefined ? {} : { newest: question.newest }),
  });
  const alpha = spec.drift.alpha / 2;
  const columns = features.map(({ name }) =>
    columnOf(question, quality, name, reference.features[name], rows.features[name]),
  );
  const adjusted = adjust(columns);
  const drifts = columns.map((column, index) => judge(column, adjusted[index] ?? 1, alpha, spec.drift.maxDistance));
  const predicted = columnOf(question, quality, 'prediction', reference.prediction, rows.prediction);
  const prediction = judge(predicted, predicted.comparison?.pValue ?? 1, alpha, spec.drift.maxDistance);
  const performance = measurePerformance({ rows, window, spec, baseline: reference.metrics, now: question.now });
  const findings = findingsOf(quality, drifts, prediction, performance);
  const judged = [prediction, performance].filter((part) => part.verdict !== 'insufficient_data').length;
  const judgedFeatures = columns.some((column) => column.comparison !== undefined) ? 1 : 0;
  const verdicts = [...quality, ...drifts, prediction].map((part) => part.verdict);
  return {
    model,
    environment,
    artifactDigest,
    releaseId,
    window,
    rows: rows.rows,
    verdict: worst(performance.verdict === 'insufficient_data' ? verdicts : [...verdicts, performance.verdict]),
    quality,
    features: drifts,
    prediction,
    performance,
    expectedFalseAlarms: (judged + judgedFeatures) * alpha,
    findings,
  };
};

interface Column {
  readonly name: string;
  readonly reference: ReferenceHistogram | undefined;
  /** Absent: not judged, for this reason. */
  readonly comparison?: ColumnComparison;
  readonly unjudged: { readonly verdict: Verdict; readonly reason: string };
}

const columnOf = (
  { rows, window, spec }: DriftQuestion,
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
  const empty = without('insufficient_data', 'the reference is empty');
  return comparison === undefined ? empty : { ...empty, comparison };
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

const ORDER: readonly Verdict[] = ['error', 'fail', 'inconclusive', 'insufficient_data', 'pass'];
const worst = (verdicts: readonly Verdict[]): Verdict =>
  ORDER.find((verdict) => verdicts.includes(verdict)) ?? 'insufficient_data';

const round = (value: number): number => Number(value.toPrecision(3));
