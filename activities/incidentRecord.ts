import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { incidentId, incidentKey } from '../src/domain/incident/keys.js';
import type { IncidentView } from '../src/domain/incident/types.js';
import { encodeJson } from './documents.js';
import type { Ports } from './ports.js';
import { signLedger } from './recordStage.js';

/** Written once the owner was told: it keeps them from being told again. */
const TOLD = /^(opened|escalated\/[1-9]\d{0,5}|resolved)$/;
/** What else happens to an incident. */
const STEP = /^(acknowledged|ended|(decided|remediated)\/\d{1,6})$/;

/**
 * Ledger first, then the view that readers look at: what is shown was written down. Whoever reaches the engine can have it
 * written with any input: the stream is derived, and of its events each activity writes its own.
 */
const write =
  (known: RegExp) =>
  async (
    ports: Ports,
    view: IncidentView,
    event: string,
    at: number,
    body: Readonly<Record<string, unknown>>,
  ): Promise<void> => {
    const stream = incidentStream(view);
    if (!known.test(event)) throw mismatch(`${stream} has no event ${event.slice(0, 100)}`);
    const [kind] = event.split('/');
    const entryId = `${view.openedAt}/${event}`;
    await ports.ledger.append(stream, entryId, `incident.${kind}`, at, { ...body, openedAt: view.openedAt });
    await signLedger(ports, [stream]);
    await ports.store.putDocument(incidentKey(view), encodeJson(view), 'application/json');
  };

export const writeTold = write(TOLD);
export const writeStep = write(STEP);

/** The stream of an incident, by what it is about; `record_mismatch` where its view is named otherwise. */
export const incidentStream = ({
  incidentId: id,
  model,
  environment,
  kind,
  subject,
  openedAt,
}: Pick<IncidentView, 'incidentId' | 'model' | 'environment' | 'kind' | 'subject' | 'openedAt'>): string => {
  const stream = incidentId(model, environment, kind, subject);
  if (id !== stream) throw mismatch(`${String(id).slice(0, 200)} is not ${stream}`);
  if (!Number.isSafeInteger(openedAt) || openedAt < 0) throw mismatch(`${stream} has no time of its opening`);
  return stream;
};

const mismatch = (reason: string): SlipwayError => new SlipwayError('record_mismatch', reason);
