import { ANALYSED } from './shareOf.js';
import type { OtherPhase } from './types.js';

interface Entry {
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Visited {
  /** Of the step among those of its kind, from 0. */
  readonly index: number;
  /** Absent: a canary step. */
  readonly phase?: OtherPhase;
  /** Of the command since which the target counts. */
  readonly seq: number;
}

/** Looks from before they said since which command they count: as far as anybody knows, those of one time. */
const UNKNOWN = -1;

/**
 * The how-manieth time a phase is gone through, from 1, by what is on record in the stream of its rollout: each command
 * before this one since which somebody looked at it, on counts that began anew, has spent its part of the chance of a
 * false abort. What a message says of it is not asked: whoever could say 1 each time would have a fresh budget each time.
 */
export const visitOnRecord = (entries: readonly Entry[], { index, phase, seq }: Visited): number => {
  const looks = entries.filter(
    ({ kind, body }) => kind === ANALYSED && body['step'] === index && body['phase'] === phase,
  );
  const since = looks.map(({ body }) => (typeof body['seq'] === 'number' ? body['seq'] : UNKNOWN));
  return new Set(since.filter((one) => one < seq)).size + 1;
};
