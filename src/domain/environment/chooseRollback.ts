import type { Version } from '../artifact/types.js';
import type { ErrorCode } from '../errors/table.js';
import type { EnvironmentState } from './types.js';

export type RollbackChoice =
  | { readonly kind: 'chosen'; readonly version: Version }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly reason: string };

/** What a rollback leads to: the version that was asked for, else the one before the champion. */
export const chooseRollback = (state: EnvironmentState, to?: Version): RollbackChoice => {
  const version = to ?? state.previous;
  const { model, environment, active } = state;
  // Whoever wants its champion back wants the rollout gone: nothing was replaced yet.
  const instead =
    active === undefined
      ? ''
      : `; a ${active.request.kind} is under way there, which \`slipway rollout abort ${model} ${environment}\` ends`;
  const refused = (reason: string): RollbackChoice => ({
    kind: 'refused',
    code: 'nothing_to_roll_back',
    reason: `${reason}${instead}`,
  });
  if (version === undefined) return refused(`${environment} has no earlier version of ${model}`);
  if (version.artifactDigest === state.champion?.artifactDigest)
    return refused(`${version.artifactDigest} runs already`);
  return { kind: 'chosen', version };
};
