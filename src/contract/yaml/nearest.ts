/**
 * The candidate that a misspelt word was probably meant to be: fewest edits (optimal string alignment, so that
 * swapped neighbours cost one), at most a third of the longer word, and at least one edit is always granted.
 * Undefined when nothing is near. Of very many candidates only those of about its length are looked at, and as many as
 * can be compared in a moment: the word may be chosen by somebody who wants it to take long.
 */
export const nearest = (word: string, candidates: readonly string[]): string | undefined => {
  if (word.length > 64) return undefined;
  let best: { readonly candidate: string; readonly edits: number } | undefined;
  let cells = 0;
  for (const candidate of candidates) {
    const granted = Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3));
    if (Math.abs(word.length - candidate.length) > granted) continue;
    if ((cells += word.length * candidate.length) > MOST_CELLS) break;
    const edits = distance(word.toLowerCase(), candidate.toLowerCase());
    if (edits <= granted && (best === undefined || edits < best.edits)) best = { candidate, edits };
  }
  return best?.candidate;
};

/** Of the tables of all candidates together. */
const MOST_CELLS = 100_000;

/** Optimal string alignment distance, three rows of the usual table. */
const distance = (a: string, b: string): number => {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, beforeLast[column - 2]! + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
};
