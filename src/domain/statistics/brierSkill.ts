/** Brier score of always saying `rate`, on rows of which `share` is positive. */
export const constantBrier = (rate: number, share: number): number => share * (1 - rate) ** 2 + (1 - share) * rate ** 2;

/**
 * How much of the way from a constant's Brier score to a perfect one a model's goes: 1 is perfect, 0 is no better than
 * the constant, below 0 is worse. NaN where the constant is perfect, or none is known.
 *
 * Source: Murphy 1988 (skill scores).
 *
 * @example skillOver(0.12, 0.16) // 0.25
 */
export const skillOver = (brier: number, constant: number): number =>
  constant > 0 ? 1 - brier / constant : Number.NaN;
