import type { Digest } from '../artifact/types.js';
import type { PlannedLook } from './looksOnRecord.js';

/**
 * Evidence that may say what the champion's errors were before this command, newest first: the last look since each earlier
 * one, as counts only grow in between. What a message says of it is not asked: beside a control of somebody's choice no
 * candidate is bad, or every one is.
 */
export const controlsOnRecord = (
  looks: readonly PlannedLook[],
  { champion, seq }: { readonly champion: Digest; readonly seq: number },
): readonly Digest[] => {
  const earlier = looks.filter((look) => look.champion === champion && look.seq < seq);
  const last = new Map(
    earlier.flatMap((look) => (look.evidence === undefined ? [] : [[look.seq, look.evidence] as const])),
  );
  return [...last].sort(([a], [b]) => b - a).map(([, evidence]) => evidence);
};
