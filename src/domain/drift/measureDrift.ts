import type { FrozenReference } from '../artifact/contents.js';
import type { Digest } from '../artifact/types.js';
import type { Verdict } from '../gate/types.js';
import type { FeatureSpec, MonitoringSpec } from '../spec/types.js';
import { checkQuality } from './checkQuality.js';
import { findingsOf } from './findings.js';
import { judgeColumns } from './judgeColumns.js';
import { measurePerformance } from './measurePerformance.js';
import type { DriftReport, DriftWindow, FeatureDrift, QualityCheck, RealisedPerformance } from './types.js';
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
 * reference, then realised performance against what it was when packaged. The same question gives the same report.
 */
export const measureDrift = (question: DriftQuestion): DriftReport => {
  const { model, environment, artifactDigest, releaseId, window, rows, reference, spec, now } = question;
  const quality = checkQuality({
    rows,
    window,
    features: question.features,
    references: reference.features,
    minRows: spec.minRows,
    ...(question.usualRows === undefined ? {} : { usualRows: question.usualRows }),
    ...(question.newest === undefined ? {} : { newest: question.newest }),
  });
  const { features, prediction } = judgeColumns(question, quality);
  const performance = measurePerformance({ rows, window, spec, baseline: reference.metrics, now });
  return {
    model,
    environment,
    artifactDigest,
    releaseId,
    window,
    rows: rows.rows,
    verdict: overall(quality, features, prediction, performance),
    quality,
    features,
    prediction,
    performance,
    expectedFalseAlarms: expectedFalseAlarms(spec, features, prediction, performance),
    findings: findingsOf(quality, features, prediction, performance),
  };
};

/** At most half of alpha each for features together, predictions, and performance, where they were judged. */
const expectedFalseAlarms = (
  { drift: { alpha } }: MonitoringSpec,
  features: readonly FeatureDrift[],
  prediction: FeatureDrift,
  performance: RealisedPerformance,
): number => {
  const judged = [
    features.some((feature) => feature.current.length > 0),
    prediction.current.length > 0,
    performance.interval !== undefined,
  ];
  return (judged.filter(Boolean).length * alpha) / 2;
};

/**
 * The worst of everything that could be judged. A feature that never can be (not logged, or the same all day) and
 * labels that are not mature do not hide the rest; too few rows, and predictions that cannot be judged, do.
 */
const overall = (
  quality: readonly QualityCheck[],
  features: readonly FeatureDrift[],
  prediction: FeatureDrift,
  performance: RealisedPerformance,
): Verdict => {
  const judged = [...features, performance].filter((part) => part.verdict !== 'insufficient_data');
  const checks = quality.filter((check) => check.name !== 'logged');
  return worst([...checks, ...judged, prediction].map((part) => part.verdict));
};

const ORDER: readonly Verdict[] = ['error', 'fail', 'inconclusive', 'insufficient_data', 'pass'];
const worst = (verdicts: readonly Verdict[]): Verdict =>
  ORDER.find((verdict) => verdicts.includes(verdict)) ?? 'insufficient_data';
