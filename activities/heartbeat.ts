import { Context } from '@temporalio/activity';

const INTERVAL_MS = 1_000;

type Activity = (input: never) => Promise<unknown>;

/**
 * For calls that are over in a moment, as a rule: they heartbeat only when they take longer, so that a dead worker is
 * noticed within the heartbeat's timeout, and nothing is said where there is nothing to say.
 */
export const withHeartbeat = <F extends Activity>(activity: F): F =>
  (async (input: never) => {
    const context = Context.current();
    const timer = setInterval(() => context.heartbeat(), INTERVAL_MS);
    try {
      return await activity(input);
    } finally {
      clearInterval(timer);
    }
  }) as F;

/**
 * Runs `work` and heartbeats beside it, so that a dead worker is noticed and a cancel arrives.
 *
 * @param details how far the work has come: Temporal shows those of the last heartbeat with the pending activity
 */
export const whileHeartbeating = async <T>(
  work: (signal: AbortSignal) => Promise<T>,
  details?: () => unknown,
): Promise<T> => {
  const context = Context.current();
  const beat = (): void => (details === undefined ? context.heartbeat() : context.heartbeat(details()));
  beat();
  const timer = setInterval(beat, INTERVAL_MS);
  try {
    return await work(context.cancellationSignal);
  } finally {
    clearInterval(timer);
  }
};
