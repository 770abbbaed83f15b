import { isAbout } from '../domain/hold/holdsAt.js';
import type { HeldRelease } from '../domain/hold/mayLift.js';
import type { Hold } from '../domain/hold/types.js';
import type { ReleaseView } from '../domain/release/types.js';
import { releaseStateQuery } from '../../workflows/messages.js';
import { authorsOnRecord } from './authorsOnRecord.js';
import { readEnvironment } from './environmentStatus.js';
import { eachOf, orAbsent } from './known.js';
import type { ServerPorts } from './ports.js';
import { readChain } from './readChain.js';

const WIDTH = 8;

/**
 * The releases that a hold keeps out now: those that arbiters have in their queue, or stopped in the middle. Who wrote,
 * started and resumed one is read in the ledger; whom it names itself counts besides.
 */
export const heldReleases = async (ports: ServerPorts, hold: Hold): Promise<readonly HeldRelease[]> => {
  const places = ports.settings.models
    .flatMap(({ name: model }) => ports.settings.environments.map((environment) => ({ model, environment })))
    .filter((place) => isAbout(hold, place));
  const asked = await eachOf(places, WIDTH, async ({ model, environment }) => {
    const state = await readEnvironment(ports, model, environment);
    return [...(state?.active === undefined ? [] : [state.active.request]), ...(state?.queue ?? [])];
  });
  const releaseIds = new Set(
    asked.flat().flatMap(({ kind, version }) => (kind === 'release' ? [version.releaseId] : [])),
  );
  return eachOf([...releaseIds], WIDTH, async (releaseId) => {
    const [view, entries] = await Promise.all([
      orAbsent(ports.workflows.query<ReleaseView>(releaseId, releaseStateQuery.name)),
      readChain(ports, releaseId),
    ]);
    const { authors = [], trigger, resumedBy = [] } = view?.authorship ?? {};
    const said = trigger === undefined ? [] : [trigger];
    const onRecord = await authorsOnRecord(ports, entries);
    return {
      releaseId,
      authorship: {
        authors: [...onRecord.authors, ...authors, ...said],
        trigger: onRecord.trigger,
        resumedBy: [...onRecord.resumedBy, ...resumedBy],
      },
    };
  });
};
