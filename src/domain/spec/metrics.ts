/** Everything that is computed of a model's predictions, in the order in which it is listed. */
export const METRIC_NAMES = [
  'brier',
  'brier_skill',
  'log_loss',
  'roc_auc',
  'pr_auc',
  'accuracy',
  'calibration_error',
  'positive_rate',
] as const;

export type MetricName = (typeof METRIC_NAMES)[number];

/** Losses of one row that are averaged: their differences are a mean over rows, too. */
export type LossName = 'brier' | 'log_loss';

/** What two models can be compared by, on the same rows. */
export const PAIRED_METRICS = ['brier', 'log_loss', 'roc_auc', 'pr_auc'] as const satisfies readonly MetricName[];

export type PairedMetric = (typeof PAIRED_METRICS)[number];

export interface MetricMeaning {
  /** Values that it can have. */
  readonly range: readonly [number, number];
  /** Which of two models is better; absent where neither is. */
  readonly better?: 'less' | 'more';
}

export const METRICS: Readonly<Record<MetricName, MetricMeaning>> = {
  brier: { range: [0, 1], better: 'less' },
  brier_skill: { range: [-Infinity, 1], better: 'more' },
  log_loss: { range: [0, Infinity], better: 'less' },
  roc_auc: { range: [0, 1], better: 'more' },
  pr_auc: { range: [0, 1], better: 'more' },
  accuracy: { range: [0, 1], better: 'more' },
  calibration_error: { range: [0, 1], better: 'less' },
  positive_rate: { range: [0, 1] },
};

export const isLoss = (metric: MetricName): metric is LossName => metric === 'brier' || metric === 'log_loss';
