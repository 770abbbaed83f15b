import type { Role } from '../rollout/types.js';

/** A version as the router sees it. */
export interface RoutableVersion {
  /** 64 hex digits of the artifact digest. */
  readonly version: string;
  readonly role: Role;
  /** Percent. */
  readonly weight: number;
  readonly ready: boolean;
  /** No longer part of the command; answers until one that is part of it can. */
  readonly retiring: boolean;
}

/**
 * The version that answers a request. Candidates lie first on the line from 0 to 100 %, so that a key that went to
 * a candidate stays there while its weight grows. A share whose version is not ready goes to the champion; a version
 * that was given no share gets none, whatever fails, and a shadow never answers. Undefined: nobody can.
 *
 * @param point 0 (inclusive) to 1: random, or stickyPoint of the caller's key
 */
export const chooseVersion = <V extends RoutableVersion>(versions: readonly V[], point: number): V | undefined => {
  const weighted = versions.filter((one) => !one.retiring && one.role !== 'shadow' && one.weight > 0).sort(byPlace);
  const total = weighted.reduce((sum, one) => sum + one.weight, 0);
  let left = point * total;
  const chosen = weighted.find((one) => (left -= one.weight) < 0) ?? weighted.at(-1);
  if (chosen?.ready === true) return chosen;
  return fallback(versions);
};

/** Who answers instead of a version that cannot: the champion, another one with a share, one that is on its way out. */
export const fallback = <V extends RoutableVersion>(versions: readonly V[]): V | undefined => {
  const ready = versions.filter((one) => one.ready && one.role !== 'shadow');
  return (
    ready.find((one) => !one.retiring && one.role === 'champion') ??
    ready.filter((one) => !one.retiring && one.weight > 0).sort(byPlace)[0] ??
    ready.find((one) => one.retiring)
  );
};

const byPlace = (a: RoutableVersion, b: RoutableVersion): number =>
  a.role === b.role ? (a.version < b.version ? -1 : a.version > b.version ? 1 : 0) : a.role === 'candidate' ? -1 : 1;

/**
 * Where a key lies for good, from 0 to 1: depends on the key and on the versions' salt only, so that no restart
 * moves it, nor a shadow that comes or goes. Another candidate takes other keys.
 */
export const stickyPoint = (versions: readonly RoutableVersion[], key: string): number =>
  hash53(`${stickySalt(versions)} ${key}`) / 2 ** 53;

const stickySalt = (versions: readonly RoutableVersion[]): string =>
  [...versions].filter((one) => !one.retiring && one.role !== 'shadow').sort(byPlace)[0]?.version ?? '';

/** cyrb53, a 53-bit hash with good avalanche; not for secrets. */
const hash53 = (text: string): number => {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
};
