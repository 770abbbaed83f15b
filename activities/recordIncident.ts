import { remediationMemoryKey } from '../src/domain/incident/keys.js';
import {
  rememberRemediation,
  type RememberedRemediation,
  type RemediationMemory,
} from '../src/domain/incident/remediationMemory.js';
import type { IncidentView } from '../src/domain/incident/types.js';
import { encodeJson, readDocument } from './documents.js';
import { writeIncident } from './incidentRecord.js';
import type { Ports } from './ports.js';

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
    if (remembered !== undefined) {
      const key = remediationMemoryKey(view.model, view.environment);
      const memory = await readDocument<RemediationMemory>(ports.store, key);
      await ports.store.putDocument(key, encodeJson(rememberRemediation(memory, remembered)), 'application/json');
    }
    await writeIncident(ports, view, event, at, body);
    ports.failpoint('recordIncident.recorded');
  };
