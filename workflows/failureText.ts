import { ApplicationFailure, isCancellation } from '@temporalio/workflow';

/** What a failure is about: with the code of the error table where it has one, not just that an activity failed. */
export const failureText = (error: unknown): string => {
  if (isCancellation(error)) return 'cancelled';
  let cause: unknown = error;
  while (cause instanceof Error && cause.cause instanceof Error && !(cause instanceof ApplicationFailure))
    cause = cause.cause;
  if (cause instanceof ApplicationFailure) return `${cause.type ?? 'internal'}: ${cause.message}`;
  return cause instanceof Error ? cause.message : String(cause);
};
