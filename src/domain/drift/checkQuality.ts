import type { ReferenceHistogram } from '../rollout/types.js';
import type { FeatureSpec } from '../spec/types.js';
import { increaseAtLeast } from '../statistics/proportions.js';
import { binIndex } from './histogram.js';
import type { DriftWindow, QualityCheck } from './types.js';
import type { WindowRows } from './windowRows.js';

export interface QualityQuestion {
  readonly rows: WindowRows;
  readonly window: DriftWindow;
  readonly features: readonly FeatureSpec[];
  readonly references: Readonly<Record<string, ReferenceHistogram>>;
  readonly minRows: number;
  /** Rows of an ordinary window, where earlier ones are known. */
  readonly usualRows?: number;
  /** Newest event time of any version in the window, where the rows are one version's. */
  readonly newest?: number;
}

/** Share of rows that may be out of range or of the wrong type, and share by which nulls and unseen values may grow. */
const MAX_INVALID = 0.01;
const MAX_INCREASE = 0.05;
const MAX_DUPLICATES = 0.001;
/** Part of a window without a row at its end that still counts as fresh. */
const MAX_SILENCE = 0.25;
/** Part of the usual rows below which traffic has gone missing. */
const MIN_VOLUME = 0.5;
const ALPHA = 0.0005;

/**
 * Data quality of a window, before any question of drift: volume, freshness, duplicates; per column values that are
 * missing, of another type, out of range, or never seen in training. Shares are compared with the training's own, and
 * fail only where more than chance and more than a material amount.
 */
export const checkQuality = (question: QualityQuestion): readonly QualityCheck[] => [
  checkVolume(question),
  ...(question.rows.rows === 0
    ? []
    : [checkFreshness(question), checkDuplicates(question), checkPredictions(question)]),
  ...(question.rows.rows < question.minRows
    ? []
    : question.features.flatMap((feature) => checkColumn(question, feature))),
];

const checkVolume = ({ rows: { rows }, minRows, usualRows }: QualityQuestion): QualityCheck => {
  const usual = usualRows === undefined ? 0 : usualRows * MIN_VOLUME;
  const about = { name: 'volume', subject: 'volume', observed: rows, limit: Math.max(minRows, usual) };
  if (rows < usual) return { ...about, verdict: 'fail', reason: `${rows} rows, usual are ${usualRows}` };
  if (rows < minRows)
    return { ...about, verdict: 'insufficient_data', reason: `${rows} rows, at least ${minRows} are needed` };
  return { ...about, verdict: 'pass', reason: `${rows} rows` };
};

const checkFreshness = ({ rows, window, newest: known }: QualityQuestion): QualityCheck => {
  const newest = rows.eventTime.reduce((latest, time) => Math.max(latest, time), known ?? window.start);
  const silence = (window.end - newest) / (window.end - window.start);
  return limited('freshness', 'volume', silence, MAX_SILENCE, `no row in the last ${percent(silence)} of the window`);
};

const checkDuplicates = ({ rows }: QualityQuestion): QualityCheck => {
  const repeated = rows.rows - new Set(rows.predictionId).size;
  return limited(
    'duplicates',
    'volume',
    repeated / rows.rows,
    MAX_DUPLICATES,
    `${repeated} of ${rows.rows} predictions are logged twice`,
  );
};

const checkPredictions = ({ rows }: QualityQuestion): QualityCheck => {
  const wrong = rows.prediction.filter((value) => !(value >= 0 && value <= 1)).length;
  return limited(
    'range',
    'prediction',
    wrong / rows.rows,
    0,
    `${wrong} of ${rows.rows} predictions are no probabilities`,
  );
};

const limited = (name: string, subject: string, observed: number, limit: number, reason: string): QualityCheck => ({
  name,
  subject,
  verdict: observed > limit ? 'fail' : 'pass',
  observed,
  limit,
  reason,
});

const checkColumn = ({ rows, references }: QualityQuestion, feature: FeatureSpec): readonly QualityCheck[] => {
  const values = rows.features[feature.name];
  const reference = references[feature.name];
  if (feature.log !== 'value' || values === undefined) {
    const reason = `not logged: values of ${feature.name} are not kept (log: ${feature.log})`;
    return [{ name: 'logged', subject: feature.name, verdict: 'insufficient_data', observed: 0, limit: 0, reason }];
  }
  const invalid = values.filter((value) => value !== null && value !== '' && isInvalid(feature, value)).length;
  const share = invalid / values.length;
  const what = `${invalid} of ${values.length} values are of another type, out of range, or not declared`;
  const checks = [limited('range', feature.name, share, MAX_INVALID, what)];
  if (reference === undefined) return checks;
  const missing = reference.counts.length - 1;
  const grown = [grewBeyond('nulls', feature.name, 'missing', reference, values, missing)];
  if (reference.kind === 'categorical')
    grown.push(
      grewBeyond(
        'categories',
        feature.name,
        'outside the categories that training lists',
        reference,
        values,
        missing - 1,
      ),
    );
  return [...checks, ...grown];
};

const isInvalid = (feature: FeatureSpec, value: number | string): boolean => {
  if (feature.type === 'string') return feature.categories !== undefined && !feature.categories.includes(String(value));
  if (typeof value !== 'number') return true;
  // Not a number is how a missing number is served: counted with the nulls.
  if (Number.isNaN(value)) return false;
  return value < (feature.min ?? -Infinity) || value > (feature.max ?? Infinity) || !Number.isFinite(value);
};

/** One bin's share against the same bin's share in training. */
const grewBeyond = (
  name: string,
  subject: string,
  what: string,
  reference: ReferenceHistogram,
  values: readonly (number | string | null)[],
  bin: number,
): QualityCheck => {
  const before = { count: reference.counts[bin] ?? 0, total: reference.counts.reduce((sum, count) => sum + count, 0) };
  const now = { count: values.filter((value) => binIndex(reference, value) === bin).length, total: values.length };
  const trained = before.total === 0 ? 0 : before.count / before.total;
  const limit = trained + MAX_INCREASE;
  const least = before.total === 0 ? now.count / now.total : increaseAtLeast(before, now, ALPHA);
  const reason = `${percent(now.count / now.total)} are ${what}, in training ${percent(trained)}`;
  return {
    name,
    subject,
    verdict: least > MAX_INCREASE ? 'fail' : 'pass',
    observed: now.count / now.total,
    limit,
    reason,
  };
};

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
