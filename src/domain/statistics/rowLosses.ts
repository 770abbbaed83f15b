export type RowLoss = (prediction: number, label: number) => number;

/** A prediction of exactly 0 or 1 that is wrong costs -ln of this, not infinity. */
export const LOG_LOSS_CLIP = 1e-15;

/** Losses of one row, for metrics that are a mean over rows. Predictions are probabilities, labels 0 or 1. */
export const ROW_LOSSES: Readonly<Record<'brier' | 'log_loss', RowLoss>> = {
  brier: (prediction, label) => (prediction - label) ** 2,
  log_loss: (prediction, label) => {
    const p = Math.min(1 - LOG_LOSS_CLIP, Math.max(LOG_LOSS_CLIP, prediction));
    return label === 1 ? -Math.log(p) : -Math.log1p(-p);
  },
};
