/**
 * How many rows one independent observation costs: rows of a day are alike, so that a histogram of many rows is
 * worth fewer. Pearson's statistic of blocks by bins over its degrees of freedom, 1 where blocks differ as chance
 * lets them. Taken for never below 1.
 *
 * @param blocks counts per bin of every block, the same bins
 * Source: Rao and Scott 1981 (first-order correction); Brier 1980.
 */
export const designEffect = (blocks: readonly (readonly number[])[]): number => {
  const bins = blocks[0]?.length ?? 0;
  const totals = Array.from({ length: bins }, (_, bin) => blocks.reduce((sum, block) => sum + (block[bin] ?? 0), 0));
  const sizes = blocks.map((block) => block.reduce((sum, count) => sum + count, 0));
  const all = sizes.reduce((sum, size) => sum + size, 0);
  const usedBlocks = sizes.filter((size) => size > 0).length;
  const usedBins = totals.filter((total) => total > 0).length;
  const degrees = (usedBlocks - 1) * (usedBins - 1);
  if (degrees < 1) return 1;
  let statistic = 0;
  for (const [index, block] of blocks.entries()) {
    for (const [bin, total] of totals.entries()) {
      const expected = (total * (sizes[index] ?? 0)) / all;
      if (expected > 0) statistic += ((block[bin] ?? 0) - expected) ** 2 / expected;
    }
  }
  return Math.max(1, statistic / degrees);
};
