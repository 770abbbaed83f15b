import type { Watermark } from './dueWindows.js';

/** The furthest that any of these marks says, in each of its two parts; undefined where there is none. */
export const furthestMark = (marks: readonly (Watermark | undefined)[]): Watermark | undefined =>
  marks.reduce(
    (furthest, mark) =>
      furthest === undefined || mark === undefined
        ? (furthest ?? mark)
        : { early: Math.max(furthest.early, mark.early), complete: Math.max(furthest.complete, mark.complete) },
    undefined,
  );

/** Says this mark nothing that the other does not say, and less? */
export const isBehind = (mark: Watermark, other: Watermark): boolean =>
  mark.early <= other.early &&
  mark.complete <= other.complete &&
  (mark.early < other.early || mark.complete < other.complete);
