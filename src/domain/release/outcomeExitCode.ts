import type { Verdict } from '../gate/types.js';
import type { ReleaseOutcome } from './types.js';

const GATE_EXIT: Readonly<Record<Exclude<Verdict, 'pass'>, number>> = {
  fail: 4,
  inconclusive: 5,
  insufficient_data: 6,
  error: 7,
};

const EXIT: Readonly<Record<Exclude<ReleaseOutcome, 'blocked'>, number>> = {
  promoted: 0,
  provisional: 0,
  failed: 1,
  rejected: 3,
  superseded: 10,
  expired: 10,
  cancelled: 10,
  rolled_back: 11,
};

/**
 * Exit code of a command that waited for a release. `blocked` has the code of the gate's verdict; one that was not
 * recorded, or says `pass` against the outcome, counts as a gate error.
 */
export const outcomeExitCode = (outcome: ReleaseOutcome, blockedBy?: Verdict): number => {
  if (outcome !== 'blocked') return EXIT[outcome];
  return blockedBy === undefined || blockedBy === 'pass' ? GATE_EXIT.error : GATE_EXIT[blockedBy];
};
