import type { Digest } from '../artifact/types.js';
import type { TargetVersion } from './types.js';

export type ReadyShares =
  | { readonly kind: 'shares'; readonly shares: readonly Pick<TargetVersion, 'artifactDigest' | 'weight'>[] }
  /** None of them can answer: whoever answers now goes on. */
  | { readonly kind: 'keep'; readonly reason: string };

/**
 * Who answers of the versions of a command, on a platform that shares by relative weights: what is not ready gets nothing, and
 * the champion has what a candidate would have had; not the other way round.
 *
 * @example readyShares([{…A, weight: 90}, {…B, weight: 10}], new Set([A])) // shares: A 90, so everything
 */
export const readyShares = (versions: readonly TargetVersion[], ready: ReadonlySet<Digest>): ReadyShares => {
  const answering = versions.filter(({ artifactDigest, role }) => role !== 'shadow' && ready.has(artifactDigest));
  const shares = answering.filter(({ weight }) => weight > 0);
  // One Pod of many that is gone for a moment must not give a candidate what nobody let it have.
  const isMissing = versions.some((one) => one.role === 'champion' && one.weight > 0 && !answering.includes(one));
  if (isMissing && shares.some(({ role }) => role === 'candidate'))
    return { kind: 'keep', reason: 'the champion is not ready, and a candidate gets no more than its share' };
  if (shares.length > 0) return { kind: 'shares', shares: shares.map(shareOf) };
  const [stands] = answering;
  return stands === undefined
    ? { kind: 'keep', reason: 'no version of the command is ready' }
    : { kind: 'shares', shares: [{ artifactDigest: stands.artifactDigest, weight: 100 }] };
};

const shareOf = ({ artifactDigest, weight }: TargetVersion) => ({ artifactDigest, weight });
