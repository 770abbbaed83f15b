import type { MetricName } from '../spec/types.js';
import type { ConstantModel, GateEvidence } from './types.js';

/**
 * What the constant `rate` gets on rows of which the share `positives / rows` is positive, in closed form; accuracy is
 * that of always answering with the majority. Undefined where there are no rows, or the rate is no share.
 *
 * @example constantModel(0.2, { rows: 10, positives: 2 })?.metrics.brier // 0.16
 */
export const constantModel = (
  rate: number,
  { rows, positives }: Pick<GateEvidence, 'rows' | 'positives'>,
): ConstantModel | undefined => {
  if (rows === 0 || !(rate >= 0 && rate <= 1)) return undefined;
  const share = positives / rows;
  const sure = (of: number, said: number): number => (of === 0 ? 0 : -of * Math.log(Math.max(said, 1e-15)));
  return {
    rate,
    metrics: {
      brier: share * (1 - rate) ** 2 + (1 - share) * rate ** 2,
      log_loss: sure(share, rate) + sure(1 - share, 1 - rate),
      accuracy: rate >= 0.5 ? share : 1 - share,
    },
  };
};

/**
 * How much of the way from the constant to a perfect answer the model goes: 1 is perfect, 0 is no better than the
 * constant, below 0 is worse. Only of losses: Brier score and log loss.
 */
export const skillOver = (
  constant: ConstantModel | undefined,
  metric: MetricName,
  value: number,
): number | undefined => {
  const base = constant?.metrics[metric];
  if (base === undefined || base <= 0 || (metric !== 'brier' && metric !== 'log_loss')) return undefined;
  return 1 - value / base;
};

/** Relative loss above which the champion is said to be another one than it was: days differ by less. */
const MUCH_WORSE = 1.25;

/**
 * A champion that is much worse on these rows than on those it was packaged with: a sentence, or undefined. The
 * candidate then beats what the champion is here, which says little of what it is in production.
 */
export const championWorseHere = ({ champion }: GateEvidence): string | undefined => {
  for (const metric of ['brier', 'log_loss'] as const) {
    const [here, packaged] = [champion?.metrics[metric], champion?.packaged?.[metric]];
    if (here === undefined || packaged === undefined || here <= packaged * MUCH_WORSE) continue;
    return `The champion is much worse here than when it was packaged: ${metric} ${here.toFixed(4)}, then ${packaged.toFixed(4)}. The evaluation data of the two may differ.`;
  }
  return undefined;
};
