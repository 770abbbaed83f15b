import type { Digest } from '../../domain/artifact/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { readCommand } from '../../domain/rollout/readCommand.js';
import type { TargetCommand } from '../../domain/rollout/types.js';

/** Whether the store has the artifact; `store_unreachable` where nobody can tell. */
export type IsStored = (digest: Digest) => Promise<boolean>;

export const commandOf = (given: TargetCommand): TargetCommand => {
  const read = readCommand(given);
  if (read.kind === 'invalid') throw new SlipwayError(read.code, read.reason);
  return read.command;
};

/** What stands has been found there before. */
export const assertStored = async (
  isStored: IsStored,
  command: TargetCommand,
  standing: TargetCommand | undefined,
): Promise<void> => {
  for (const { artifactDigest } of command.versions) {
    if (standing?.versions.some((one) => one.artifactDigest === artifactDigest) === true) continue;
    if (!(await isStored(artifactDigest)))
      throw new SlipwayError('artifact_unknown', `the store has no artifact ${artifactDigest}`);
  }
};
