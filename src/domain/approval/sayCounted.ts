import type { DecisionRecord } from '../release/types.js';

/** What was said, and in whose place or to whom. */
export const sayDecision = ({ decision, inPlaceOf, to }: DecisionRecord): string =>
  [decision, ...(to === undefined ? [] : [`to ${to}`]), ...(inPlaceOf === undefined ? [] : [`for ${inPlaceOf}`])].join(
    ' ',
  );

/** Whether a decision counts, and why not. */
export const sayCounted = ({ counted, refusal, refusalReason, lapsed, takenBack }: DecisionRecord): string => {
  if (lapsed !== undefined) return `no more: ${lapsed.code}, ${lapsed.reason}`;
  if (takenBack === true) return 'no more: a later word took its place';
  return counted ? 'yes' : `no: ${[refusal, refusalReason].filter(Boolean).join(', ')}`;
};
