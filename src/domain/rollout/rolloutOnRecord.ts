import type { Digest } from '../artifact/types.js';
import type { Verdict } from '../gate/types.js';
import { ANALYSED, SHIFTED } from './shareOf.js';
import { steeringOnRecord, type Steered } from './steering.js';
import type { OtherPhase } from './types.js';

/** One look at a step, as the ledger has it. */
export interface LookOnRecord {
  /** Epoch milliseconds. */
  readonly at: number;
  /** From 0, among those of its phase. */
  readonly step: number;
  /** Absent: a canary step. */
  readonly phase?: OtherPhase;
  /** Percent that the step is for; of a shadow 0. */
  readonly weight: number;
  /** Of a shadow: percent of the requests that it had a copy of. */
  readonly copies?: number;
  readonly verdict: Verdict;
  readonly reason: string;
  /** What was measured, and by which rule. */
  readonly evidence: Digest;
}

/** What the stream of a rollout tells of it. */
export interface RolloutOnRecord {
  /** Each time that traffic moved, with the candidate's percent from then on. */
  readonly shifts: readonly { readonly at: number; readonly weight: number }[];
  readonly looks: readonly LookOnRecord[];
  readonly said: readonly Steered[];
  /** Who had the traffic before it, by the first shift. */
  readonly champion?: { readonly artifactDigest: Digest; readonly releaseId: string };
}

interface Entry {
  readonly kind: string;
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Share {
  readonly artifactDigest: Digest;
  readonly releaseId: string;
  readonly weight: number;
}

/** Reads the stream of a rollout, for the version that it brings in. */
export const rolloutOnRecord = (entries: readonly Entry[], candidate: Digest): RolloutOnRecord => {
  const shifted = entries
    .filter(({ kind }) => kind === SHIFTED)
    .map(({ at, body }) => ({ at, shares: sharesIn(body) }));
  const other = shifted.flatMap(({ shares }) => shares).find(({ artifactDigest }) => artifactDigest !== candidate);
  return {
    shifts: shifted.map(({ at, shares }) => ({
      at,
      weight: shares.find(({ artifactDigest }) => artifactDigest === candidate)?.weight ?? 0,
    })),
    looks: entries.filter(({ kind }) => kind === ANALYSED).map(lookIn),
    said: steeringOnRecord(entries),
    ...(other === undefined ? {} : { champion: { artifactDigest: other.artifactDigest, releaseId: other.releaseId } }),
  };
};

const sharesIn = ({ weights }: Entry['body']): readonly Share[] =>
  Array.isArray(weights) ? (weights as readonly Share[]) : [];

const lookIn = ({ at, body }: Entry): LookOnRecord => {
  const { step, phase, weight, verdict, reason, evidence } = body as unknown as Omit<LookOnRecord, 'at'>;
  const { carried } = body;
  return {
    ...{ at, step, weight, verdict, reason, evidence },
    ...(phase === undefined ? {} : { phase }),
    ...(phase === 'shadow' && typeof carried === 'number' ? { copies: carried } : {}),
  };
};
