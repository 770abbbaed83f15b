import { sourceSchedule } from '../src/contract/schedules.js';
import type { Workflows } from '../src/ports/workflows.js';

/**
 * Watches the repositories of all configured models; called when a process starts. What is scheduled already only
 * gets the interval.
 *
 * @param everyMs between two polls of one repository, at least a second
 */
export const ensureSourceSchedules = async (
  workflows: Pick<Workflows, 'ensureSchedule'>,
  models: readonly string[],
  everyMs: number,
): Promise<void> => {
  for (const model of models) await workflows.ensureSchedule(sourceSchedule(model, everyMs));
};
