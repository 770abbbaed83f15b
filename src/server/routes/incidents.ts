import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { IncidentView } from '../../domain/incident/types.js';
import { acknowledgeUpdate, incidentStateQuery, resolveUpdate } from '../../../workflows/messages.js';
import type { ROUTES } from '../../contract/http/routes.js';
import { incidentKey } from '../../domain/incident/keys.js';
import type { Call, Handlers } from '../call.js';
import { eachOf, knownModel, orAbsent } from '../known.js';
import type { ServerPorts } from '../ports.js';

type Mine = 'incidents' | 'showIncident' | 'acknowledge' | 'resolveIncident';

interface Params {
  readonly model: string;
  readonly environment: string;
  readonly problem: string;
}

const WIDTH = 10;

export const incidentHandlers = (ports: ServerPorts): Pick<Handlers, Mine> => ({
  incidents: async ({ query }) => ({ body: await listIncidents(ports, query) }),
  showIncident: async ({ params }) => ({ body: await readIncident(ports, params) }),
  acknowledge: async ({ params, body: { note }, identity }) => {
    const before = await readIncident(ports, params);
    if (before.status === 'resolved') throw new SlipwayError('incident_closed', `${before.incidentId} is resolved`);
    return {
      body: await ports.workflows.update<IncidentView>(idOf(params), acknowledgeUpdate.name, {
        by: identity.name,
        note,
      }),
    };
  },
  resolveIncident: async ({ params, body: { reason }, identity }) => {
    const before = await readIncident(ports, params);
    if (before.status === 'resolved') throw new SlipwayError('incident_closed', `${before.incidentId} is resolved`);
    const message = { by: identity.name, reason };
    return { body: await ports.workflows.update<IncidentView>(idOf(params), resolveUpdate.name, message) };
  },
});

type Asked = Call<typeof ROUTES.incidents>['query'];

/** From the engine; where all of its incidents fit on the first page, completed with those that only the store remembers. */
export const listIncidents = async (ports: ServerPorts, { model, open, limit, cursor }: Asked) => {
  if (model !== undefined) knownModel(ports, model);
  const page = await ports.visibility.list({
    workflowType: 'incident',
    limit,
    ...(model === undefined ? {} : { searchAttributes: { SlipwayModel: model } }),
    ...(open === undefined ? {} : { running: open === 'true' }),
    ...(cursor === undefined ? {} : { cursor }),
  });
  const incidents = (await eachOf(page.workflows, WIDTH, ({ workflowId }) => queried(ports, workflowId))).filter(
    (incident) => incident !== undefined,
  );
  if (page.cursor !== undefined) return { incidents, cursor: page.cursor };
  if (cursor !== undefined || open === 'true') return { incidents };
  const known = new Set(incidents.map(incidentKey));
  const forgotten = (await storedKeys(ports, model)).filter((key) => !known.has(key)).slice(0, limit);
  const stored = (await eachOf(forgotten, WIDTH, (key) => storedIncident(ports, key))).filter(
    (incident) => incident !== undefined,
  );
  return { incidents: [...incidents, ...stored].slice(0, limit) };
};

const idOf = ({ model, environment, problem }: Params): string => `incident/${model}/${environment}/${problem}`;

const queried = (ports: ServerPorts, id: string): Promise<IncidentView | undefined> =>
  orAbsent(ports.workflows.query<IncidentView>(id, incidentStateQuery.name));

/** The problem as it is now, or as it last was. */
const readIncident = async (ports: ServerPorts, params: Params): Promise<IncidentView> => {
  const asked = await queried(ports, idOf(params));
  if (asked !== undefined) return asked;
  const ending = `.${params.problem}.json`;
  const key = (await storedKeys(ports, params.model)).find(
    (stored) => stored.startsWith(`incidents/${params.model}/${params.environment}/`) && stored.endsWith(ending),
  );
  const stored = key === undefined ? undefined : await storedIncident(ports, key);
  if (stored === undefined) throw new SlipwayError('not_found', `there is no ${idOf(params)}`);
  return stored;
};

/** Newest opening first. */
const storedKeys = async (ports: ServerPorts, model: string | undefined): Promise<readonly string[]> => {
  const keys = await ports.store.listDocuments(model === undefined ? 'incidents/' : `incidents/${model}/`);
  const opened = (key: string): string => key.split('/')[3] ?? '';
  return keys.toSorted((a, b) => (opened(a) < opened(b) ? 1 : -1));
};

const storedIncident = async (ports: ServerPorts, key: string): Promise<IncidentView | undefined> => {
  const body = await ports.store.getDocument(key);
  return body === undefined ? undefined : (JSON.parse(new TextDecoder().decode(body)) as IncidentView);
};
