import { driftSchedule } from '../src/contract/schedules.js';
import { retirementOnRecord } from '../src/domain/environment/retirementWord.js';
import { environmentId } from '../workflows/messages.js';
import { readChain } from './onRecord.js';
import type { Ports } from './ports.js';

export interface StartMonitoringInput {
  readonly model: string;
  readonly environment: string;
  /** Wall-clock interval of the drift checks, milliseconds. */
  readonly everyMs: number;
  /** Why it is watched: the release that was promoted. */
  readonly note: string;
}

/** From now on a Schedule looks at this environment. Doing it again only brings interval and note up to date. */
export const createStartMonitoring =
  (ports: Ports) =>
  async ({ model, environment, everyMs, note }: StartMonitoringInput): Promise<void> => {
    // Retired in the moment after it was promoted: what nobody runs is not watched.
    if (retirementOnRecord(await readChain(ports, environmentId(model, environment))) !== undefined) return;
    await ports.workflows.ensureSchedule(driftSchedule(model, environment, everyMs, note));
    ports.failpoint('startMonitoring.scheduled');
  };
