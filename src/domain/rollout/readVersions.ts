import { isCount, isDigest, isPercent, isRecord, MOST_VERSIONS } from './told.js';
import type { ObservedVersion, Role, VersionScale } from './types.js';

/** What a platform says of each version, every mistake named. */
export type ReadVersions =
  | { readonly versions: readonly ObservedVersion[]; readonly mistakes?: undefined }
  | { readonly mistakes: readonly string[] };

/** @param shown words of the platform, as anybody may see them */
export const readVersions = (versions: unknown, shown: (words: string) => string): ReadVersions => {
  if (!Array.isArray(versions) || versions.length > MOST_VERSIONS) return { mistakes: ['versions is no short list'] };
  const mistakes = versions.flatMap(versionMistakes);
  return mistakes.length > 0
    ? { mistakes }
    : { versions: (versions as readonly Told[]).map((told) => toObserved(told, shown)) };
};

/**
 * Where callers ask. People are shown it, and their terminals; and it is asked, with a path behind it: what would swallow that
 * path, or say who asks, is part of no address.
 */
export const isAddress = (value: unknown): value is string =>
  typeof value === 'string' && /^https?:\/\/[\u0021-\u007e]{1,2000}$/.test(value) && !/[?#@\\]/.test(value);

/** `host:port` of gRPC, as people are shown it and clients take it. */
export const isGrpcAddress = (value: unknown): value is string =>
  typeof value === 'string' && /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9.-]{1,253}):[1-9][0-9]{0,4}$/i.test(value);

interface Told extends Omit<ObservedVersion, 'restarts'> {
  readonly restarts?: number;
}

const toObserved = (told: Told, shown: (words: string) => string): ObservedVersion => ({
  artifactDigest: told.artifactDigest,
  weight: told.weight,
  role: told.role,
  ...(told.copies === undefined ? {} : { copies: told.copies }),
  ready: told.ready,
  ...(told.servedDigest === undefined ? {} : { servedDigest: told.servedDigest }),
  restarts: told.restarts ?? 0,
  ...(told.reason === undefined ? {} : { reason: shown(told.reason) }),
  ...(told.scale === undefined ? {} : { scale: toScale(told.scale, shown) }),
});

const toScale = (
  { replicas, asleep, wanted, reason }: VersionScale,
  shown: (words: string) => string,
): VersionScale => ({
  replicas,
  ...(asleep === undefined ? {} : { asleep }),
  ...(wanted === undefined ? {} : { wanted }),
  reason: shown(reason),
});

const ROLES: ReadonlySet<unknown> = new Set<Role>(['champion', 'candidate', 'shadow']);

const versionMistakes = (version: unknown, index: number): readonly string[] => {
  if (!isRecord(version)) return [`version ${index} is no object`];
  const { artifactDigest, weight, role, copies, ready, servedDigest, restarts, reason, scale } = version;
  const wrong: readonly (string | false)[] = [
    !isDigest(artifactDigest) && 'has no digest',
    !isPercent(weight) && 'has no weight in percent',
    !ROLES.has(role) && 'has no role',
    copies !== undefined && !isPercent(copies) && 'has no copies in percent',
    typeof ready !== 'boolean' && 'does not say whether it is ready',
    servedDigest !== undefined && !isDigest(servedDigest) && 'serves no digest',
    // Ready is what serves the right artifact; whoever cannot say which one it is knows nothing.
    ready === true && servedDigest === undefined && 'is ready, and does not say which digest it serves',
    restarts !== undefined && !isCount(restarts) && 'has no number of restarts',
    reason !== undefined && typeof reason !== 'string' && 'has no reason in words',
    scale !== undefined && !isScale(scale) && 'has no scale of {replicas, asleep, reason}',
  ];
  return wrong.filter((one) => one !== false).map((one) => `version ${index} ${one}`);
};

const isScale = (value: unknown): boolean =>
  isRecord(value) &&
  isCount(value['replicas']) &&
  typeof value['reason'] === 'string' &&
  (value['wanted'] === undefined || isCount(value['wanted'])) &&
  (value['asleep'] === undefined || value['asleep'] === true);
