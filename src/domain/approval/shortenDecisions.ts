import type { DecisionRecord } from '../release/types.js';

/** Decisions that counted and do not any more: how many of them are listed. */
const MAX_PAST = 200;

/** They are listed in the order of their arrival: of those that do not count any more the latest, and all others. */
export const shortenDecisions = (
  decisions: readonly DecisionRecord[],
): { readonly decisions: readonly DecisionRecord[]; readonly left: number } => {
  const left = Math.max(0, decisions.filter(isPast).length - MAX_PAST);
  if (left === 0) return { decisions, left };
  let toLeave = left;
  return { decisions: decisions.filter((one) => !isPast(one) || --toLeave < 0), left };
};

const isPast = ({ counted, lapsed, takenBack }: DecisionRecord): boolean =>
  counted && (lapsed !== undefined || takenBack === true);
