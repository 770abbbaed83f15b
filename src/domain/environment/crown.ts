import type { Version } from '../artifact/types.js';
import type { DeploymentEntry, DeploymentRequest, EnvironmentState } from './types.js';

const MAX_HISTORY = 20;

/** What is asked for, or what the ledger says was. */
type Passage =
  Pick<DeploymentRequest, 'kind' | 'version' | 'order'> | Pick<DeploymentEntry, 'kind' | 'version' | 'order'>;

/** The state in which this version is champion, and what a rollback from it leads to. */
export const crown = (state: EnvironmentState, request: Passage, order: number | undefined): EnvironmentState => {
  // Put back where a target had lost it: nothing has changed for the arbiter.
  if (state.champion?.artifactDigest === request.version.artifactDigest) return state;
  const { champion, championOrder: _order, previous: _previous, retired: _retired, ...rest } = state;
  const previous = request.kind === 'release' ? champion : earlierThan(state, request.version);
  return {
    ...rest,
    champion: request.version,
    ...(order === undefined ? {} : { championOrder: order }),
    ...(previous === undefined ? {} : { previous }),
  };
};

/** A version that comes back has the order that it had when it was released. */
export const orderOf = (state: EnvironmentState, request: Passage): number | undefined =>
  request.kind === 'release' ? request.order : deployedAs(state, request.version)?.order;

/**
 * What a second rollback leads to: not the version just left, but the one that ran before the version that is back.
 */
const earlierThan = (state: EnvironmentState, version: Version): Version | undefined => {
  const origin = deployedAs(state, version);
  if (origin === undefined) return undefined;
  return state.history.find(
    (entry) =>
      entry.epoch < origin.epoch && isRelease(entry) && entry.version.artifactDigest !== version.artifactDigest,
  )?.version;
};

const deployedAs = (state: EnvironmentState, version: Version): DeploymentEntry | undefined =>
  state.history.find((entry) => isRelease(entry) && entry.version.artifactDigest === version.artifactDigest);

const isRelease = (entry: DeploymentEntry): boolean => entry.outcome === 'deployed' && entry.kind === 'release';

/** The history with one more deployment at its head. */
export const remembering = (state: EnvironmentState, entry: DeploymentEntry): EnvironmentState => ({
  ...state,
  history: [entry, ...state.history].slice(0, MAX_HISTORY),
});
