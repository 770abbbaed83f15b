import { PROMOTED } from './shareOf.js';

/** What a person says to a rollout that is under way. */
export type Steering = 'pause' | 'resume' | 'promote' | 'abort';

/** Kind of the entry in the rollout's stream of the ledger. */
export const STEERED: Readonly<Record<Steering, string>> = {
  pause: 'rollout.paused',
  resume: 'rollout.resumed',
  promote: PROMOTED,
  abort: 'rollout.aborted',
};

/** A word of a person on a rollout, as it was written down before the rollout heard it. */
export interface Steered {
  readonly kind: Steering;
  readonly by: string;
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Of a promotion: the step whose hold it ends, from 0. */
  readonly step?: number;
}

interface Entry {
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const KINDS = new Map(Object.entries(STEERED).map(([kind, name]) => [name, kind as Steering]));

/** Words of people in the order in which they were written down. */
export const steeringOnRecord = (entries: readonly Entry[]): readonly Steered[] =>
  entries.flatMap(({ kind: name, body }) => {
    const kind = KINDS.get(name);
    const { by, reason, at, step } = body;
    if (kind === undefined) return [];
    return [
      {
        ...{ kind, by: String(by ?? ''), reason: String(reason ?? ''), at: Number(at ?? 0) },
        ...(typeof step === 'number' ? { step } : {}),
      },
    ];
  });

/** The pause that nobody has ended; undefined where the rollout goes on, by the ledger. */
export const pauseInForce = (said: readonly Steered[]): Steered | undefined => {
  const last = said.findLast(({ kind }) => kind === 'pause' || kind === 'resume');
  return last?.kind === 'pause' ? last : undefined;
};

const DONE: Readonly<Record<Steering, string>> = {
  pause: 'paused',
  resume: 'resumed',
  promote: 'promoted',
  abort: 'aborted',
};

/** `paused by oncall: latency looks odd`. */
export const saySteered = ({ kind, by, reason, step }: Omit<Steered, 'at'>): string =>
  `${step === undefined ? '' : `step ${step + 1} `}${DONE[kind]} by ${by}: ${reason}`;
