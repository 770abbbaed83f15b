import type { Digest } from '../src/domain/artifact/types.js';
import { retirementName } from '../src/domain/environment/retire.js';
import { environmentId } from '../workflows/messages.js';
import { environmentState } from './environmentState.js';
import type { Ports } from './ports.js';

/** Another version has its place. */
export interface Replaced {
  readonly kind: 'replaced';
  readonly by: string;
  /** It gave way to something newer, or to what was before. */
  readonly how: 'newer' | 'back';
}

export interface Provisional {
  readonly releaseId: string;
  readonly model: string;
  readonly environment: string;
  readonly artifactDigest: Digest;
}

/** Does a provisional version have its place still? Undefined: it does. */
export const placeTaken = async (
  ports: Ports,
  { model, environment, artifactDigest }: Provisional,
): Promise<Replaced | undefined> => {
  const state = await environmentState(ports, environmentId(model, environment));
  if (state?.retired !== undefined && state.champion === undefined)
    return { kind: 'replaced', by: retirementName(environment, state.retired), how: 'newer' };
  if (state?.champion === undefined || state.champion.artifactDigest === artifactDigest) return undefined;
  const { commit, artifactDigest: digest } = state.champion;
  const last = state.history.find(
    ({ outcome, version }) => outcome === 'deployed' && version.artifactDigest === digest,
  );
  return { kind: 'replaced', by: commit.slice(0, 12), how: last?.kind === 'release' ? 'newer' : 'back' };
};
