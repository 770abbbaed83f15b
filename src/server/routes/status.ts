import type { SourceSeen } from '../../domain/release/sourceSeen.js';
import { createBypassed } from '../bypassed.js';
import { environmentStatus } from '../environmentStatus.js';
import { glassAsked } from '../glassAsked.js';
import type { Handlers } from '../call.js';
import { eachOf, knownModel } from '../known.js';
import type { ServerPorts } from '../ports.js';
import { waitingReleases } from '../waitingReleases.js';
import { listIncidents } from './incidents.js';

const WIDTH = 8;
/** Of what waits, and of open incidents: lists of their own have the rest. */
const SHOWN = 100;

export const statusHandlers = (ports: ServerPorts): Pick<Handlers, 'status' | 'approvals'> => {
  const bypassed = createBypassed(ports);
  return {
    status: async ({ query: { model }, identity }) => {
      if (model !== undefined) knownModel(ports, model);
      const models = model === undefined ? ports.settings.models.map(({ name }) => name) : [model];
      const places = models.flatMap((name) =>
        ports.settings.environments.map((environment) => [name, environment] as const),
      );
      const [environments, sources, { approvals, cursor }, { incidents, cursor: incidentCursor }, around] =
        await Promise.all([
          eachOf(places, WIDTH, ([name, environment]) => environmentStatus(ports, name, environment)),
          eachOf(models, WIDTH, async (name) => ({
            model: name,
            branch: knownModel(ports, name).branch,
            ...(await lastLook(ports, name)),
          })),
          waitingReleases(ports, { model, limit: SHOWN }, identity),
          listIncidents(ports, { ...(model === undefined ? {} : { model }), open: 'true', limit: SHOWN }),
          eachOf(models, WIDTH, (name) => bypassed(name)),
        ]);
      const asked = await eachOf(
        around.flatMap(({ glass }) => glass),
        WIDTH,
        async (view) => {
          const { releaseId } = view;
          const found = await glassAsked(ports, view);
          return found === undefined ? [] : [{ releaseId, ...found }];
        },
      );
      return {
        body: {
          ...{ environments, sources, approvals, incidents },
          bypasses: around.map(({ bypasses }) => bypasses),
          glassAsked: asked.flat(),
          ...(cursor === undefined ? {} : { moreApprovals: true }),
          ...(incidentCursor === undefined ? {} : { moreIncidents: true }),
        },
      };
    },
    approvals: async ({ query, identity }) => {
      if (query.model !== undefined) knownModel(ports, query.model);
      return { body: await waitingReleases(ports, query, identity) };
    },
  };
};

const lastLook = async (ports: ServerPorts, model: string): Promise<SourceSeen> => {
  const found = await ports.store.getDocument(`pointers/source/${model}.json`);
  return found === undefined ? {} : (JSON.parse(new TextDecoder().decode(found)) as SourceSeen);
};
