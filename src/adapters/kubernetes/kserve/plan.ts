import type { Digest } from '../../../domain/artifact/types.js';
import type { TargetVersion } from '../../../domain/rollout/types.js';

/** What KServe has, by the artifact that it is. */
export interface Found {
  /** What the predictor says, so the newest revision, or the one that will be. */
  readonly newest?: Digest;
  /** Whether the newest revision answers, and with that artifact. */
  readonly newestReady: boolean;
  /** The last one that had everything; it has what the newest has not. */
  readonly rolledOut?: Digest;
  /** The one before that, which KServe goes back to where the newest, rolled out, gets less than everything. */
  readonly before?: Digest;
}

export interface Plan {
  readonly newest: Digest;
  /** Of the newest; undefined: everything, which rolls it out. */
  readonly percent?: number;
}

type Wanted = Pick<TargetVersion, 'artifactDigest' | 'weight' | 'role'>;

/**
 * The next step from what there is to what is wanted. A version that is not ready gets nothing: until its own revision is,
 * "the newest that is ready" would be another one. Steps are found again by looking, so one that was lost is not missed.
 *
 * @param versions one or two; none has no plan: the service is stopped
 * @example plan([A 90 %, B 10 %], {newest: A, newestReady: true, rolledOut: A}) // {newest: B, percent: 0}
 * @example plan([A 90 %, B 10 %], {newest: B, newestReady: true, rolledOut: A}) // {newest: B, percent: 10}
 * @example plan([A 100 %], {newest: B, newestReady: true, rolledOut: A}) // {newest: B, percent: 0}: back at once
 */
export const plan = (versions: readonly Wanted[], found: Found): Plan => {
  const only = versions.length === 1 ? versions[0] : undefined;
  return only === undefined ? planTwo(versions, found) : planOne(only.artifactDigest, found);
};

const planOne = (wanted: Digest, found: Found): Plan => {
  const { newest, newestReady, rolledOut, before } = found;
  if (newest === wanted) return newestReady || rolledOut === undefined ? { newest } : { newest, percent: 0 };
  const goesBack = newest !== undefined && (rolledOut === wanted || (rolledOut === newest && before === wanted));
  if (goesBack) return { newest, percent: 0 };
  return comeUp(wanted, rolledOut);
};

const planTwo = (versions: readonly Wanted[], found: Found): Plan => {
  const { newest, newestReady, rolledOut, before } = found;
  const stands = versions.find(({ artifactDigest }) => artifactDigest === rolledOut);
  // There is room for one that is new: first who is to have most.
  if (stands === undefined) return planOne(heaviest(versions).artifactDigest, found);
  const other = versions.find((one) => one !== stands)!;
  if (newest === other.artifactDigest) return { newest, percent: newestReady ? other.weight : 0 };
  // Whoever had everything before needs no revision of its own to have nothing.
  const isKept = newest === stands.artifactDigest && other.weight === 0 && before === other.artifactDigest;
  return isKept ? { newest, percent: 100 } : comeUp(other.artifactDigest, rolledOut);
};

const comeUp = (newest: Digest, rolledOut: Digest | undefined): Plan =>
  rolledOut === undefined ? { newest } : { newest, percent: 0 };

const heaviest = (versions: readonly Wanted[]): Wanted =>
  versions.reduce((most, one) =>
    one.weight > most.weight || (one.weight === most.weight && one.role === 'champion') ? one : most,
  );
