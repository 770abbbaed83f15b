import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { clip } from '../src/domain/clip.js';
import { clipDetails } from '../src/domain/errors/clipDetails.js';
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

/** Characters of a message: a failure of more than two megabytes is refused by the engine, and the activity tried again. */
const MOST = 16_384;
const MOST_CAUSES = 5;

const toFailure = (error: unknown): unknown => {
  if (Context.current().cancellationSignal.aborted) return new CancelledFailure('cancelled');
  if (error instanceof SlipwayError) {
    const cause = error.cause instanceof Error ? clipError(error.cause) : undefined;
    return ApplicationFailure.create({
      type: error.code,
      message: clip(error.message, MOST),
      nonRetryable: !error.retryable,
      details: [clipDetails(error.details)],
      ...(cause === undefined ? {} : { cause }),
    });
  }
  return error instanceof Error ? clipError(error) : error;
};

/** The error itself where it is short enough with all of its causes; otherwise what its beginning says. */
const clipError = (error: Error): Error => (isShort(error) ? error : shortened(error));

const isShort = (error: Error, level = 1): boolean =>
  error.message.length <= MOST &&
  (error.stack?.length ?? 0) <= 2 * MOST &&
  (!(error.cause instanceof Error) || (level < MOST_CAUSES && isShort(error.cause, level + 1)));

const shortened = (error: Error, level = 1): Error => {
  const { cause } = error;
  const short = new Error(
    clip(error.message, MOST),
    cause instanceof Error && level < MOST_CAUSES ? { cause: shortened(cause, level + 1) } : {},
  );
  short.name = error.name;
  // The stack begins with the whole message.
  short.stack = clip(error.stack ?? '', MOST);
  return short;
};
