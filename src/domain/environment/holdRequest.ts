import type { HoldNotice, OverrideNotice } from '../hold/types.js';
import { answer } from './answer.js';
import type { DeploymentRequest, EnvironmentState, Reply } from './types.js';

/** Changes without a word are rare; a message that was lost must not hold a release for ever. */
const LOOK_EVERY_MS = 3_600_000;

/**
 * The state in which a request waits because something holds it back.
 *
 * @param now epoch milliseconds
 */
export const holdRequest = (
  state: EnvironmentState,
  { requestId }: DeploymentRequest,
  { inForce, changesAt }: { readonly inForce: readonly HoldNotice[]; readonly changesAt?: number },
  now: number,
): EnvironmentState => {
  const known = state.held?.requestId === requestId ? state.held : undefined;
  return {
    ...state,
    held: {
      requestId,
      since: known?.since ?? now,
      champion: (known === undefined ? state.champion?.artifactDigest : known.champion) ?? 'none',
      holds: inForce,
      lookAt: Math.min(changesAt ?? Infinity, now + LOOK_EVERY_MS),
    },
  };
};

/** Nothing holds it back any more: the request leaves the queue, and who asked hears how long it waited. */
export const thawRequest = (
  state: EnvironmentState,
  request: DeploymentRequest,
  overridden: readonly OverrideNotice[],
): { readonly state: EnvironmentState; readonly replies: readonly Reply[] } => {
  const { held } = state;
  return answer(withoutHeld(state), [request], {
    kind: 'thawed',
    heldSince: held?.since ?? 0,
    championChanged: held !== undefined && held.champion !== (state.champion?.artifactDigest ?? 'none'),
    overridden,
  });
};

/** A request that was superseded or taken back holds nothing any more. */
export const forgetHeld = (state: EnvironmentState): EnvironmentState =>
  state.held === undefined || state.queue.some(({ requestId }) => requestId === state.held?.requestId)
    ? state
    : withoutHeld(state);

const withoutHeld = ({ held: _, ...state }: EnvironmentState): EnvironmentState => state;
