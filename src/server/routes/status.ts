import type { Identity } from '../../ports/directory.js';
import type { SourceSeen } from '../../domain/release/sourceSeen.js';
import type { ReleaseView } from '../../domain/release/types.js';
import { environmentStatus } from '../environmentStatus.js';
import { releaseStateQuery } from '../../../workflows/messages.js';
import type { Handlers } from '../call.js';
import { eachOf, knownModel, orAbsent } from '../known.js';
import type { ServerPorts } from '../ports.js';
import { listIncidents } from './incidents.js';

const WIDTH = 8;
/** Releases that run at a time and are asked whether they wait. */
const MAX_RUNNING = 100;

export const statusHandlers = (ports: ServerPorts): Pick<Handlers, 'status' | 'approvals'> => ({
  status: async ({ query: { model }, identity }) => {
    if (model !== undefined) knownModel(ports, model);
    const models = model === undefined ? ports.settings.models.map(({ name }) => name) : [model];
    const places = models.flatMap((name) =>
      ports.settings.environments.map((environment) => [name, environment] as const),
    );
    const [environments, sources, approvals, { incidents }] = await Promise.all([
      eachOf(places, WIDTH, ([name, environment]) => environmentStatus(ports, name, environment)),
      eachOf(models, WIDTH, async (name) => ({
        model: name,
        branch: knownModel(ports, name).branch,
        ...(await lastLook(ports, name)),
      })),
      waiting(ports, model, identity),
      listIncidents(ports, { ...(model === undefined ? {} : { model }), open: 'true', limit: 100 }),
    ]);
    return { body: { environments, sources, approvals, incidents } };
  },
  approvals: async ({ query: { model }, identity }) => {
    if (model !== undefined) knownModel(ports, model);
    return { body: { approvals: await waiting(ports, model, identity) } };
  },
});

const lastLook = async (ports: ServerPorts, model: string): Promise<SourceSeen> => {
  const found = await ports.store.getDocument(`pointers/source/${model}.json`);
  return found === undefined ? {} : (JSON.parse(new TextDecoder().decode(found)) as SourceSeen);
};

/** Releases that wait for a decision, with what it would be about; `mine`: the asker has a role that may decide. */
const waiting = async (ports: ServerPorts, model: string | undefined, identity: Identity) => {
  const { workflows } = await ports.visibility.list({
    workflowType: 'release',
    running: true,
    limit: MAX_RUNNING,
    ...(model === undefined ? {} : { searchAttributes: { SlipwayModel: model } }),
  });
  const views = await eachOf(workflows, WIDTH, ({ workflowId }) =>
    orAbsent(ports.workflows.query<ReleaseView>(workflowId, releaseStateQuery.name)),
  );
  return views.flatMap((view) =>
    view?.waiting === undefined
      ? []
      : [
          {
            ...view.waiting,
            releaseId: view.releaseId,
            model: view.model,
            commit: view.commit,
            authorship: view.authorship,
            decisions: view.decisions,
            mine: view.waiting.roles.some((role) => identity.roles.includes(role)),
          },
        ],
  );
};
