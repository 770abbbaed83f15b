import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client, type ScheduleOptions } from '@temporalio/client';
import type { ScheduleSpec, Workflows } from '../../ports/workflows.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { clipSummary } from './clipSummary.js';
import { toSlipwayError } from './errors.js';
import { searchAttributePairs } from './searchAttributes.js';

/** The server's own lower limit. */
const SHORTEST_CATCHUP_MS = 10_000;

/** A Schedule is only a tick: runs never overlap, and after an outage at most about one interval is made up for. */
export const createSchedules = (
  client: Client,
): Pick<Workflows, 'ensureSchedule' | 'triggerSchedule' | 'deleteSchedule'> => ({
  ensureSchedule: async (schedule) => {
    const options = optionsOf(schedule);
    try {
      await client.schedule.create(options);
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw toSlipwayError(error, `schedule ${schedule.scheduleId}`);
      await update(client, options);
    }
  },
  triggerSchedule: async (scheduleId) => {
    try {
      await client.schedule.getHandle(scheduleId).trigger(ScheduleOverlapPolicy.SKIP);
    } catch (error) {
      throw toSlipwayError(error, `schedule ${scheduleId}`);
    }
  },
  deleteSchedule: async (scheduleId) => {
    try {
      await client.schedule.getHandle(scheduleId).delete();
    } catch (error) {
      const mapped = toSlipwayError(error, `schedule ${scheduleId}`);
      if (mapped.code !== 'not_found') throw mapped;
    }
  },
});

/** A person may have paused it: that stays. */
const update = async (client: Client, options: ScheduleOptions): Promise<void> => {
  try {
    await client.schedule.getHandle(options.scheduleId).update(({ state }) => ({
      spec: options.spec,
      action: options.action,
      policies: options.policies ?? {},
      state,
    }));
  } catch (error) {
    throw toSlipwayError(error, `schedule ${options.scheduleId}`);
  }
};

const optionsOf = (schedule: ScheduleSpec): ScheduleOptions => {
  if (!(schedule.everyMs >= 1000))
    throw new SlipwayError('internal', `schedule ${schedule.scheduleId}: less than a second`);
  return {
    scheduleId: schedule.scheduleId,
    spec: {
      intervals: [{ every: schedule.everyMs }],
      ...(schedule.jitterMs === undefined ? {} : { jitter: schedule.jitterMs }),
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: Math.max(schedule.everyMs, SHORTEST_CATCHUP_MS) },
    action: {
      type: 'startWorkflow',
      workflowType: schedule.workflowType,
      workflowId: schedule.workflowId,
      taskQueue: schedule.taskQueue,
      args: [schedule.input],
      staticSummary: clipSummary(schedule.note),
      ...(schedule.details === undefined ? {} : { staticDetails: schedule.details }),
      typedSearchAttributes: searchAttributePairs(schedule.searchAttributes ?? {}),
    },
    state: { note: schedule.note },
  };
};
