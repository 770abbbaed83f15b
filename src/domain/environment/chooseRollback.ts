import type { Version } from '../artifact/types.js';
import type { ErrorCode } from '../errors/table.js';
import type { EnvironmentState } from './types.js';

export type RollbackChoice =
  | { readonly kind: 'chosen'; readonly version: Version }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly reason: string };

/** What a rollback leads to: the version that was asked for, else the one before the champion. */
export const chooseRollback = (state: EnvironmentState, to?: Version): RollbackChoice => {
  const version = to ?? state.previous;
  const refused = (reason: string): RollbackChoice => ({ kind: 'refused', code: 'nothing_to_roll_back', reason });
  if (version === undefined) return refused(`${state.environment} has no earlier version of ${state.model}`);
  if (version.artifactDigest === state.champion?.artifactDigest)
    return refused(`${version.artifactDigest} runs already`);
  return { kind: 'chosen', version };
};
