/**
 * P-values adjusted for their number: an adjusted p of at most alpha keeps the expected share of false alarms among
 * the alarms at alpha (Benjamini and Hochberg 1995). A p-value that is no number counts as 1.
 * Oracle: scipy.stats.false_discovery_control.
 *
 * @example benjaminiHochberg([0.01, 0.04]) // [0.02, 0.04]
 */
export const benjaminiHochberg = (pValues: readonly number[]): readonly number[] => {
  const known = pValues.map((p) => (Number.isNaN(p) ? 1 : p));
  const falling = Array.from(known.keys()).sort((a, b) => (known[b] ?? 1) - (known[a] ?? 1));
  const adjusted = new Array<number>(known.length).fill(1);
  let smallest = 1;
  falling.forEach((index, position) => {
    const rank = known.length - position;
    smallest = Math.min(smallest, ((known[index] ?? 1) * known.length) / rank);
    adjusted[index] = smallest;
  });
  return adjusted;
};
