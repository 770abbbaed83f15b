/** The largest count that `runs` trials of chance `alpha` reach with a chance of at least 0.1 %: beyond it, alpha is not kept. */
export const binomialUpper = (runs: number, alpha: number): number => {
  let chance = (1 - alpha) ** runs;
  let below = chance;
  let count = 0;
  while (1 - below > 0.001) {
    chance *= (((runs - count) / (count + 1)) * alpha) / (1 - alpha);
    below += chance;
    count += 1;
  }
  return count;
};
