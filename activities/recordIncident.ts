import type { RememberedRemediation } from '../src/domain/incident/remediationMemory.js';
import type { IncidentView } from '../src/domain/incident/types.js';
import { incidentStream, writeStep } from './incidentRecord.js';
import type { Ports } from './ports.js';
import { addRemediation } from './remediationMemory.js';

export interface RecordIncidentInput {
  readonly view: IncidentView;
  /** Names the ledger entry within this opening: `acknowledged`, `remediated/1`, ... */
  readonly event: string;
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** Kept for the guards of later remediations. Written by the holder of the environment's lease alone. */
  readonly remembered?: RememberedRemediation;
}

/** Writes a step of an incident to the ledger, its view for readers, and what later remediations must know. */
export const createRecordIncident =
  (ports: Ports) =>
  async ({ view, event, at, body, remembered }: RecordIncidentInput): Promise<void> => {
    incidentStream(view);
    if (remembered !== undefined) await addRemediation(ports.store, view.model, view.environment, remembered);
    await writeStep(ports, view, event, at, body);
    ports.failpoint('recordIncident.recorded');
  };
