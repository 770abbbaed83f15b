import { driftSchedule, targetSchedule } from '../src/contract/schedules.js';
import { retirementOnRecord } from '../src/domain/environment/retirementWord.js';
import type { Place } from '../src/domain/hold/types.js';
import { environmentId } from '../workflows/messages.js';
import { readChain } from './onRecord.js';
import type { Ports } from './ports.js';

/**
 * Nothing runs there any more, so nobody looks. An attempt that wakes up when another version serves leaves the Schedules
 * alone: they are that version's.
 */
export const createEndMonitoring =
  (ports: Ports) =>
  async ({ model, environment }: Place): Promise<void> => {
    if (retirementOnRecord(await readChain(ports, environmentId(model, environment))) === undefined) return;
    await ports.workflows.deleteSchedule(driftSchedule(model, environment, 1, '').scheduleId);
    ports.failpoint('endMonitoring.driftEnded');
    await ports.workflows.deleteSchedule(targetSchedule(model, environment, 1).scheduleId);
  };
