import { constantBrier, skillOver } from '../statistics/brierSkill.js';
import type { ConstantModel, GateEvidence, Metrics } from './types.js';

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
      brier: constantBrier(rate, share),
      log_loss: sure(share, rate) + sure(1 - share, 1 - rate),
      accuracy: rate >= 0.5 ? share : 1 - share,
    },
  };
};

/** Adds the skill over the constant, where both are known: nothing else is needed for it. */
export const withSkill = (metrics: Metrics, constant: ConstantModel | undefined): Metrics => {
  const [own, base] = [metrics.brier, constant?.metrics.brier];
  const skill = own === undefined || base === undefined ? Number.NaN : skillOver(own, base);
  return Number.isFinite(skill) ? { ...metrics, brier_skill: skill } : metrics;
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
