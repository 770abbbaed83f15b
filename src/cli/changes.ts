import { setTimeout as delay } from 'node:timers/promises';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { ApiClient } from './apiClient.js';

export interface Change {
  readonly event: string;
  readonly data: unknown;
}

/** Services may be started again while somebody looks on. */
const SILENCE_MS = 60_000;
const AGAIN_MS = 1_000;

/**
 * Events of the API as they come, through cut connections and restarts: each connection goes on behind the last event.
 * Ends when there is nothing more to come; throws after a minute without an API.
 */
export async function* followChanges(
  api: ApiClient,
  path: string,
  onSilence: (code: string) => void,
): AsyncGenerator<Change> {
  let last: string | undefined;
  let heardAt = Date.now();
  for (;;) {
    try {
      for await (const { id, event, data } of api.events(path, last)) {
        heardAt = Date.now();
        last = id ?? last;
        yield { event: event ?? 'message', data: JSON.parse(data) as unknown };
        if (event === 'end') return;
      }
      // The API ends a stream now and then, so that the token is shown again.
      heardAt = Date.now();
    } catch (error) {
      const passing = error instanceof SlipwayError && error.retryable;
      if (!passing || Date.now() - heardAt > SILENCE_MS) throw error;
      onSilence(error.code);
    }
    await delay(AGAIN_MS);
  }
}
