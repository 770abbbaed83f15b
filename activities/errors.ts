import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';

type Activity = (input: never) => Promise<unknown>;

/**
 * An error of the table becomes a failure whose type is its code, so that workflows can tell them apart, and
 * permanent ones are never retried. A cancelled activity ends as cancelled whatever its parts threw.
 */
export const withFailures = <F extends Activity>(activity: F): F =>
  (async (input: never) => {
    try {
      return await activity(input);
    } catch (error) {
      throw toFailure(error);
    }
  }) as F;

const toFailure = (error: unknown): unknown => {
  if (Context.current().cancellationSignal.aborted) return new CancelledFailure('cancelled');
  if (error instanceof SlipwayError) {
    return ApplicationFailure.create({
      type: error.code,
      message: error.message,
      nonRetryable: !error.retryable,
      details: [error.details],
      ...(error.cause instanceof Error ? { cause: error.cause } : {}),
    });
  }
  return error;
};
