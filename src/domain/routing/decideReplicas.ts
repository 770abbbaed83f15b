import type { ServingSpec } from '../spec/types.js';

/** What one version had to do since the look before. */
export interface ReplicaLoad {
  /** Requests under way, on average; those that wait in its queues are part of them. */
  readonly inFlight: number;
  /** Requests that its replicas refused because their queues were full. */
  readonly refused: number;
  /** Since the last request ended, or came; 0 while one is under way. */
  readonly quietMs: number;
}

export interface ReplicaQuestion {
  readonly serving: ServingSpec;
  /** Most that this machine lets one version have. */
  readonly most: number;
  /** Those that there are, with those that still start. */
  readonly replicas: number;
  readonly starting: boolean;
  /** It is judged, or compared with: it keeps at least one. */
  readonly held: boolean;
  readonly load: ReplicaLoad;
  readonly past: PastLoad;
  /** Of a clock that only goes forward, milliseconds. */
  readonly now: number;
}

/** What was needed within the cool-down: what a later look covers is forgotten. */
export type PastLoad = readonly PastLook[];

interface PastLook {
  readonly at: number;
  readonly needed: number;
  /** More were wanted then than there were. Absent: not more; so many would only have left room. */
  readonly wanted?: number;
}

export type ReplicaDecision = {
  readonly replicas: number;
  readonly reason: string;
  readonly past: PastLoad;
  /** What its load wants; more than `replicas` where it was given fewer than it wanted within the cool-down. */
  readonly wants: number;
} & ({ readonly kind: 'keep' } | { readonly kind: 'more' } | { readonly kind: 'fewer' } | { readonly kind: 'sleep' });

/** Fewer are enough only where each would have this share of what it should have at most: between the two nothing moves. */
const ROOM = 0.7;

/**
 * How many processes a version should have. More at once, as soon as each has more than its share or one refuses; fewer
 * when fewer would have been enough, with room, for the whole cool-down; none when nobody asked for as long as its spec says.
 * So under a steady load it settles, and greater load never gives fewer.
 *
 * @example two where 40 are under way and each should have 20; a third at 41; one again when fewer than 14 were for the cool-down
 */
export const decideReplicas = (question: ReplicaQuestion): ReplicaDecision => {
  const { serving, replicas, held, load, past, now } = question;
  const { min, inFlight, coolDownMs } = serving.replicas;
  const max = Math.max(1, Math.min(serving.replicas.max, question.most));
  const least = Math.min(max, Math.max(min, 1));
  const bound = (wanted: number): number => Math.min(max, Math.max(least, wanted));

  if (replicas === 0) {
    const reason = load.inFlight > 0 ? 'a request came' : 'nobody asks for it';
    return load.inFlight > 0
      ? { kind: 'more', replicas: least, wants: least, reason, past: [] }
      : { kind: 'keep', replicas: 0, wants: 0, reason, past: [] };
  }
  const { idleMs } = serving;
  if (min === 0 && !held && idleMs !== undefined && load.inFlight === 0 && load.quietMs >= idleMs)
    return { kind: 'sleep', replicas: 0, wants: 0, reason: `no request for ${sayMs(idleMs)}`, past: [] };

  // A replica that still starts is the answer to what was refused meanwhile.
  const refuses = load.refused > 0 && !question.starting;
  const share = Math.ceil(load.inFlight / inFlight);
  const wanted = bound(Math.max(share, refuses ? replicas + 1 : 0));
  if (wanted > replicas) {
    const reason = refuses
      ? `${load.refused} requests were refused`
      : share > replicas
        ? `${Math.round(load.inFlight)} requests were under way, and ${inFlight} are for one`
        : `${least} is the least`;
    return {
      kind: 'more',
      replicas: wanted,
      wants: wanted,
      reason,
      past: remember(past, { at: now, needed: wanted, wanted }, coolDownMs),
    };
  }
  const withRoom = bound(Math.ceil(load.inFlight / (inFlight * ROOM)));
  // Of what nothing is known, all that there are may have been needed.
  const before = past.length > 0 ? past : [{ at: now, needed: replicas }];
  const needed = Math.max(withRoom, load.refused > 0 ? replicas : 0);
  const remembered = remember(before, { at: now, needed }, coolDownMs);
  const enough = bound(Math.max(...remembered.map((one) => one.needed)));
  // Where it was given fewer than it wanted, that stands for as long as what it was given would.
  const wants = bound(Math.max(replicas, ...remembered.map((one) => one.wanted ?? 0)));
  if (wants > replicas)
    return {
      kind: 'keep',
      replicas,
      wants,
      reason: `${wants} were needed within ${sayMs(coolDownMs)}`,
      past: remembered,
    };
  if (enough >= replicas) return { kind: 'keep', replicas, wants: replicas, reason: 'its load fits', past: remembered };
  const reason = replicas > max ? `${max} is the most` : `${enough} would have been enough for ${sayMs(coolDownMs)}`;
  return { kind: 'fewer', replicas: enough, wants: enough, reason, past: remembered };
};

const remember = (past: PastLoad, look: PastLook, coolDownMs: number): PastLoad => [
  ...past.filter(
    (one) => one.at > look.at - coolDownMs && (one.needed > look.needed || (one.wanted ?? 0) > (look.wanted ?? 0)),
  ),
  look,
];

const sayMs = (ms: number): string =>
  ms % 60_000 === 0 ? `${ms / 60_000} min` : ms % 1_000 === 0 ? `${ms / 1_000} s` : `${ms} ms`;
