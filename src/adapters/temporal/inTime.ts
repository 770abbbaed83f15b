import { Connection, type Client } from '@temporalio/client';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { isOutOfTime, toSlipwayError } from './errors.js';

/** One call of the engine, the time it has, and what it does in a few words. */
export interface Call<T> {
  readonly client: Client;
  readonly ms: number;
  readonly doing: string;
  readonly call: () => Promise<T>;
}

const LOOK_MS = 2_000;

/** A call that changes something: without an answer in time (`timed_out`) it may still happen. */
export const inTime = <T>(asked: Call<T>): Promise<T> =>
  attempt(asked, async (cause) => late('timed_out', asked, 'no answer came', cause));

/** A look that needs nobody but the engine: without an answer in time the engine is what does not answer. */
export const lookInTime = <T>(asked: Call<T>): Promise<T> =>
  attempt(asked, async (cause) => late('temporal_unreachable', asked, silentEngine(asked.client), cause));

/** A query, which a worker answers: where the engine itself does, `timed_out` says that no worker did. */
export const queryInTime = <T>(asked: Call<T>): Promise<T> =>
  attempt(asked, async (cause) =>
    (await answers(asked.client))
      ? late('timed_out', asked, 'no worker answered', cause)
      : late('temporal_unreachable', asked, silentEngine(asked.client), cause),
  );

const attempt = async <T>(
  { client, ms, doing, call }: Call<T>,
  whenLate: (cause: unknown) => Promise<SlipwayError>,
): Promise<T> => {
  try {
    return await client.connection.withDeadline(Date.now() + ms, call);
  } catch (error) {
    throw isOutOfTime(error) ? await whenLate(error) : toSlipwayError(error, doing);
  }
};

const answers = ({ connection }: Client): Promise<boolean> =>
  connection
    .withDeadline(Date.now() + LOOK_MS, () => connection.workflowService.getSystemInfo({}))
    .then(
      () => true,
      () => false,
    );

const late = (
  code: 'timed_out' | 'temporal_unreachable',
  { doing, ms }: Pick<Call<unknown>, 'doing' | 'ms'>,
  who: string,
  cause: unknown,
): SlipwayError => new SlipwayError(code, `${who} in ${ms / 1000} s (${doing})`, {}, { cause });

const silentEngine = ({ connection }: Client): string =>
  `Temporal${connection instanceof Connection ? ` at ${connection.options.address}` : ''} did not answer`;
