export interface StopOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Begins at the latest now to end what is waited for, and answers once that is done. Called once. */
  stop(): Promise<void>;
}

/** Waits for the end of something that is stopped when its time is over, or when somebody cancels it. */
export const untilStopped = async <T>(
  ended: Promise<T>,
  { timeoutMs, signal, stop }: StopOptions,
): Promise<{ readonly end: T; readonly timedOut: boolean }> => {
  let stopping: Promise<void> | undefined;
  const stopOnce = (): void => void (stopping ??= stop());
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    stopOnce();
  }, timeoutMs);
  signal.addEventListener('abort', stopOnce, { once: true });
  try {
    const end = await ended;
    await stopping;
    return { end, timedOut };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stopOnce);
  }
};
