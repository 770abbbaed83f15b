import type { Digest } from '../artifact/types.js';
import type { TargetCommand, TargetState } from '../rollout/types.js';

/**
 * Versions that a command gives more than they have: they come up, or get a greater share of the traffic. Giving traffic
 * back, and saying the same once more, moves nothing forward.
 */
export const movesForward = (
  { versions }: TargetCommand,
  known: Pick<TargetState, 'versions'> | undefined,
): readonly Digest[] =>
  versions
    .filter(({ artifactDigest, weight }) => {
      const now = known?.versions.find((one) => one.artifactDigest === artifactDigest);
      return now === undefined || weight > now.weight;
    })
    .map(({ artifactDigest }) => artifactDigest);
