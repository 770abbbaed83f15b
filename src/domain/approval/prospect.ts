import type { Difference } from '../artifact/diffArtifacts.js';
import type { Version } from '../artifact/types.js';
import { describeRollout } from '../rollout/describeRollout.js';
import { sayDuration } from '../sayDuration.js';
import type { EnvironmentSpec } from '../spec/types.js';

/** What approving would change in an environment: for whoever decides, not part of what is decided on. */
export interface Prospect {
  readonly environment: string;
  /** Digest of what runs there; absent: nothing does. */
  readonly champion?: string;
  /** From what runs there to what waits, at most 100. */
  readonly differences: readonly Difference[];
  /** How many more there are. */
  readonly more: number;
  /** What happens then, and the way back, in words. */
  readonly next: readonly string[];
}

const MOST_DIFFERENCES = 100;

export const describeProspect = (
  model: string,
  environment: EnvironmentSpec,
  champion: Pick<Version, 'artifactDigest' | 'commit'> | undefined,
  differences: readonly Difference[],
): Prospect => ({
  environment: environment.name,
  ...(champion === undefined ? {} : { champion: champion.artifactDigest }),
  differences: differences.slice(0, MOST_DIFFERENCES),
  more: Math.max(0, differences.length - MOST_DIFFERENCES),
  next: [
    describeRollout(environment.rollout),
    ...(environment.verify.smokeRows === 0 ? [] : [`Then ${environment.verify.smokeRows} real rows are sent to it.`]),
    ...(environment.gates.length === 0 ? [] : [`Then the gates ${environment.gates.join(', ')} must pass.`]),
    ...(environment.soakMs === undefined
      ? []
      : [`Then it must be sound for ${sayDuration(environment.soakMs)} in one piece.`]),
    champion === undefined
      ? `Nothing runs in ${environment.name} yet: there is no version to go back to.`
      : `The way back is one command, \`slipway rollback ${model} ${environment.name}\`, to ${champion.artifactDigest.slice(7, 19)} of commit ${champion.commit.slice(0, 12)}.`,
  ],
});
