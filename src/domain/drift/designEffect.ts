export interface DesignEffect {
  /** Rows that one independent observation costs, at least 1. */
  readonly effect: number;
  /** Directions in which days differ, 1 to bins - 1: few where a whole histogram moves to and fro. */
  readonly degrees: number;
  /** What both were estimated from: blocks with rows, less one. */
  readonly estimatedFrom: number;
}

/**
 * How much rows of a day are alike, and in how many ways: a histogram of many rows is worth fewer. From the covariance
 * of the blocks' standardised residuals: its trace over the degrees of freedom is the effect, 1 where blocks differ as
 * chance lets them; the square of its trace over the trace of its square the number of directions (Satterthwaite), with
 * the bias of few blocks taken out.
 *
 * @param blocks counts per bin of every block, the same bins
 * Source: Rao and Scott 1981, 1984 (first- and second-order correction).
 */
export const designEffect = (blocks: readonly (readonly number[])[]): DesignEffect => {
  const bins = blocks[0]?.length ?? 0;
  const totals = Array.from({ length: bins }, (_, bin) => blocks.reduce((sum, block) => sum + (block[bin] ?? 0), 0));
  const all = totals.reduce((sum, total) => sum + total, 0);
  const used = totals.flatMap((total, bin) => (total > 0 ? [{ bin, share: total / all }] : []));
  const residuals = blocks
    .map((block) => ({ block, size: block.reduce((sum, count) => sum + count, 0) }))
    .filter(({ size }) => size > 0)
    .map(({ block, size }) =>
      used.map(({ bin, share }) => ((block[bin] ?? 0) - size * share) / Math.sqrt(size * share)),
    );
  const estimatedFrom = residuals.length - 1;
  const degrees = used.length - 1;
  if (estimatedFrom < 2 || degrees < 1) return { effect: 1, degrees: Math.max(1, degrees), estimatedFrom };
  const trace = residuals.reduce((sum, own) => sum + dot(own, own), 0) / estimatedFrom;
  const effect = trace / degrees;
  if (effect <= 1) return { effect: 1, degrees, estimatedFrom };
  const squares = residuals.reduce((sum, a) => sum + residuals.reduce((row, b) => row + dot(a, b) ** 2, 0), 0);
  const biased = squares / estimatedFrom ** 2;
  const traceOfSquare =
    ((biased - trace ** 2 / estimatedFrom) * estimatedFrom ** 2) / ((estimatedFrom - 1) * (estimatedFrom + 2));
  const directions = traceOfSquare > 0 ? trace ** 2 / traceOfSquare : degrees;
  return { effect, degrees: Math.min(degrees, Math.max(1, directions)), estimatedFrom };
};

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
