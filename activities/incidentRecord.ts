import { incidentKey } from '../src/domain/incident/keys.js';
import type { IncidentView } from '../src/domain/incident/types.js';
import { encodeJson } from './documents.js';
import type { Ports } from './ports.js';
import { signLedger } from './recordStage.js';

/** Ledger first, then the view that readers look at: what is shown was written down. */
export const writeIncident = async (
  ports: Ports,
  view: IncidentView,
  event: string,
  at: number,
  body: Readonly<Record<string, unknown>>,
): Promise<void> => {
  await ports.ledger.append(
    view.incidentId,
    `${view.openedAt}/${event}`,
    `incident.${event.split('/')[0] ?? event}`,
    at,
    {
      openedAt: view.openedAt,
      ...body,
    },
  );
  await signLedger(ports, [view.incidentId]);
  await ports.store.putDocument(incidentKey(view), encodeJson(view), 'application/json');
};
