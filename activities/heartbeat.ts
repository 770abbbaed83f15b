import { Context } from '@temporalio/activity';

const INTERVAL_MS = 1_000;

/** Runs `work` and heartbeats beside it, so that a dead worker is noticed and a cancel arrives. */
export const whileHeartbeating = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const context = Context.current();
  context.heartbeat();
  const timer = setInterval(() => context.heartbeat(), INTERVAL_MS);
  try {
    return await work(context.cancellationSignal);
  } finally {
    clearInterval(timer);
  }
};
