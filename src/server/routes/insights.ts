import { deliveryMetrics } from '../../domain/insights/deliveryMetrics.js';
import { whereWaited } from '../../domain/insights/whereWaited.js';
import type { ReleaseView } from '../../domain/release/types.js';
import { releaseStateQuery } from '../../../workflows/messages.js';
import type { Handlers } from '../call.js';
import { eachOf, knownModel, orAbsent } from '../known.js';
import { storedReleases } from '../listReleases.js';
import type { ServerPorts } from '../ports.js';
import { releaseDocument } from '../releaseState.js';
import { runningReleases } from '../runningReleases.js';

const WIDTH = 10;
const MAX_RELEASES = 500;
/** Releases whose time is shown one by one. */
const SHOWN = 10;

/** Measures over what the store keeps of releases that ended, and what the engine knows of those that run. */
export const insightHandlers = (ports: ServerPorts): Pick<Handlers, 'insights'> => ({
  insights: async ({ query: { model } }) => {
    if (model !== undefined) knownModel(ports, model);
    const models = model === undefined ? ports.settings.models.map(({ name }) => name) : [model];
    const ended = (await eachOf(models, WIDTH, (name) => endedReleases(ports, name))).flat();
    const under = await underWay(ports, model);
    const now = ports.now();
    const latest = [...under, ...ended].sort((a, b) => b.startedAt - a.startedAt).slice(0, SHOWN);
    return {
      body: {
        ...deliveryMetrics([...ended, ...under], now),
        latest: latest.map((view) => ({
          releaseId: view.releaseId,
          ...(view.outcome === undefined ? {} : { outcome: view.outcome }),
          startedAt: view.startedAt,
          ...(view.endedAt === undefined ? {} : { endedAt: view.endedAt }),
          waited: whereWaited(view, now),
        })),
      },
    };
  },
});

const endedReleases = async (ports: ServerPorts, model: string): Promise<readonly ReleaseView[]> => {
  const stored = (await storedReleases(ports, model)).slice(0, MAX_RELEASES);
  const bodies = await eachOf(stored, WIDTH, (one) => releaseDocument(ports, one, 'release.json'));
  return bodies.flatMap((body) =>
    body === undefined ? [] : [JSON.parse(new TextDecoder().decode(body)) as ReleaseView],
  );
};

const underWay = async (ports: ServerPorts, model: string | undefined): Promise<readonly ReleaseView[]> => {
  const workflows = await runningReleases(ports, { model, most: MAX_RELEASES });
  const views = await eachOf(workflows, WIDTH, ({ workflowId }) =>
    orAbsent(ports.workflows.query<ReleaseView>(workflowId, releaseStateQuery.name)),
  );
  return views.filter((view): view is ReleaseView => view !== undefined && view.outcome === undefined);
};
