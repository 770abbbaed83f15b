import type { TargetCommand, TargetVersion } from './types.js';

/** What a command asks of a platform, seen from what stands there. */
export type Operation = 'deploy' | 'shift' | 'rollback';

/**
 * `deploy`: a version comes that is not there yet. `rollback`: nothing new comes, and the champion that stands has everything
 * again, or nothing is left. `shift`: shares change, or the candidate takes over.
 */
export const operationOf = (standing: TargetCommand | undefined, command: TargetCommand): Operation => {
  const had = new Set(standing?.versions.map(({ artifactDigest }) => artifactDigest));
  if (command.versions.some(({ artifactDigest }) => !had.has(artifactDigest))) return 'deploy';
  if (command.versions.length === 0) return 'rollback';
  const champion = standing?.versions.find(({ role }) => role === 'champion');
  const others = (standing?.versions.length ?? 0) > 1;
  const [alone] = command.versions;
  return others && command.versions.length === 1 && isSame(alone, champion) ? 'rollback' : 'shift';
};

const isSame = (one: TargetVersion | undefined, other: TargetVersion | undefined): boolean =>
  one !== undefined && one.artifactDigest === other?.artifactDigest;
