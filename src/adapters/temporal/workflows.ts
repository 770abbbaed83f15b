import { createHash } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { canonicalJson } from '../../domain/canonical.js';
import type { WorkflowStart, Workflows } from '../../ports/workflows.js';
import { QUEUES } from '../../../workflows/messages.js';
import { clipSummary } from './clipSummary.js';
import { toSlipwayError } from './errors.js';
import { inTime, lookInTime, queryInTime } from './inTime.js';
import { createSchedules } from './schedules.js';
import { takenAt } from './signals.js';
import { searchAttributePairs } from './searchAttributes.js';

/** How long callers wait for an answer; past it they hear whether the engine or nobody behind it gave one (inTime.ts). */
export interface Patience {
  readonly queryMs: number;
  readonly updateMs: number;
}

const PATIENCE: Patience = { queryMs: 10_000, updateMs: 30_000 };

/** The Workflows port on a Temporal client. */
export const createTemporalWorkflows = (client: Client, patience: Patience = PATIENCE): Workflows => {
  const { queryMs, updateMs } = patience;
  const change = <T>(doing: string, call: () => Promise<T>): Promise<T> =>
    inTime({ client, ms: updateMs, doing, call });
  const begin = (
    start: WorkflowStart,
    workflowIdReusePolicy: 'REJECT_DUPLICATE' | 'ALLOW_DUPLICATE',
  ): Promise<{ readonly started: boolean }> =>
    change(`start ${start.workflowId}`, async () => {
      try {
        await client.workflow.start(start.workflowType, {
          ...optionsOf(start),
          workflowIdReusePolicy,
          workflowIdConflictPolicy: 'FAIL',
        });
        return { started: true };
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return { started: false };
        throw error;
      }
    });
  return {
    ...createSchedules(client),
    startOnce: (start) => begin(start, 'REJECT_DUPLICATE'),
    startAgain: (start) => begin(start, 'ALLOW_DUPLICATE'),
    signalWithStart: (start, signal, argument) =>
      change(`signal ${signal} to ${start.workflowId}`, async () => {
        await client.workflow.signalWithStart(start.workflowType, {
          ...optionsOf(start),
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          signal,
          signalArgs: [argument],
        });
      }),
    signal: (workflowId, signal, argument) =>
      change(`signal ${signal} to ${workflowId}`, () => client.workflow.getHandle(workflowId).signal(signal, argument)),
    signalledAt: (workflowId, signal, argument) =>
      lookInTime({
        client,
        ms: updateMs,
        doing: `read signals of ${workflowId}`,
        call: async () => {
          const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
          return takenAt(events ?? [], signal, argument);
        },
      }),
    // The same argument is the same update: a repeat after a lost answer gets the first one's answer.
    update: (workflowId, update, argument) =>
      change(`update ${update} of ${workflowId}`, () =>
        client.workflow
          .getHandle(workflowId)
          .executeUpdate(update, { args: [argument], updateId: digest(canonicalJson([update, argument])) }),
      ),
    query: (workflowId, query) =>
      queryInTime({
        client,
        ms: queryMs,
        doing: `query ${query} of ${workflowId}`,
        call: () => client.workflow.getHandle(workflowId).query(query),
      }),
    cancel: (workflowId) =>
      change(`cancel ${workflowId}`, async () => {
        await client.workflow.getHandle(workflowId).cancel();
      }),
    result: async (workflowId) => {
      try {
        return await client.workflow.getHandle(workflowId).result();
      } catch (error) {
        throw toSlipwayError(error, `result of ${workflowId}`);
      }
    },
  };
};

const optionsOf = (start: WorkflowStart) => ({
  workflowId: start.workflowId,
  taskQueue: QUEUES.control,
  args: [start.input],
  staticSummary: clipSummary(start.summary),
  ...(start.details === undefined ? {} : { staticDetails: start.details }),
  typedSearchAttributes: searchAttributePairs(start.searchAttributes),
});

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
