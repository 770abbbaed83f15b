import type { PlannedLook } from './looksOnRecord.js';
import type { OtherPhase } from './types.js';

export interface Visited {
  /** Of the step among those of its kind, from 0. */
  readonly index: number;
  /** Absent: a canary step. */
  readonly phase?: OtherPhase;
  /** Of the command since which the target counts. */
  readonly seq: number;
}

/**
 * The how-manieth time a phase is gone through, from 1, by what is on record in the stream of its rollout: each command
 * before this one since which somebody looked at it, on counts that began anew, has spent its part of the chance of a
 * false abort. What a message says of it is not asked: whoever could say 1 each time would have a fresh budget each time,
 * and whoever could say 20 would leave none.
 */
export const visitOnRecord = (
  looks: readonly Pick<PlannedLook, 'index' | 'phase' | 'seq'>[],
  { index, phase, seq }: Visited,
): number => {
  const since = looks.filter((look) => look.index === index && look.phase === phase).map((look) => look.seq);
  return new Set(since.filter((one) => one < seq)).size + 1;
};
