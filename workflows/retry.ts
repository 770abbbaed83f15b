/**
 * Named classes of timeouts and retries. Errors of the table that are permanent arrive as non-retryable
 * failures (see activities/errors.ts), so a class only says how long and how eagerly transient ones are tried.
 */
import type { ActivityOptions, RetryPolicy } from '@temporalio/common';
import { ActivityCancellationType } from '@temporalio/workflow';
import { QUEUES } from './messages.js';

const eager: RetryPolicy = { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '10s' };

/**
 * What must be written down before it counts: tried for as long as it takes. Alive by heartbeat, so that the death of a
 * worker costs seconds, and not the whole time that a call may take.
 */
export const record: ActivityOptions = {
  taskQueue: QUEUES.control,
  startToCloseTimeout: '30s',
  heartbeatTimeout: '5s',
  retry: { ...eager, maximumInterval: '30s' },
};

/** Short idempotent calls of the control plane: messages, looks, decisions. The same, for a day. */
export const control: ActivityOptions = { ...record, scheduleToCloseTimeout: '1 day' };

/** Notifications: a receiver may be down for hours. */
export const delivery: ActivityOptions = {
  taskQueue: QUEUES.control,
  startToCloseTimeout: '30s',
  heartbeatTimeout: '5s',
  scheduleToCloseTimeout: '1 day',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '5m' },
};

/**
 * Commands of a model repository: as long as they declare, alive by heartbeat. A release that is cancelled has ended when
 * its commands have: nobody is told so while processes of it still run.
 */
export const steps = (timeoutMs: number): ActivityOptions => ({
  taskQueue: QUEUES.build,
  startToCloseTimeout: timeoutMs + 10 * 60_000,
  heartbeatTimeout: '10s',
  retry: { ...eager, maximumAttempts: 5 },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** Work on artifacts and their evidence: packaging, gates. */
export const evidence = (queue: 'build' | 'serve' | 'monitor'): ActivityOptions => ({
  taskQueue: QUEUES[queue],
  startToCloseTimeout: '30m',
  heartbeatTimeout: '10s',
  retry: { ...eager, maximumAttempts: 10 },
});

/** Commands that move traffic, and looks at it: a quick takeover matters most. */
export const traffic: ActivityOptions = {
  taskQueue: QUEUES.serve,
  startToCloseTimeout: '5m',
  heartbeatTimeout: '3s',
  retry: { ...eager, maximumInterval: '5s', maximumAttempts: 30 },
};

/** Looks that a Schedule repeats anyway: what fails now is tried again at the next tick. */
export const polling: ActivityOptions = {
  taskQueue: QUEUES.control,
  startToCloseTimeout: '1m',
  heartbeatTimeout: '5s',
  scheduleToCloseTimeout: '5m',
  retry: { ...eager, maximumAttempts: 3 },
};
