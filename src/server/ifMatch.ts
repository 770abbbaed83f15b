import type { RouteShape } from '../contract/http/route.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { Answer, Call } from './call.js';
import { etagOf } from './headers.js';

type Handle = (call: Call<RouteShape>) => Promise<Answer>;

/**
 * Refuses a change whose If-Match names another state than the one there is (RFC 9110, 13.1.1): `state_changed`. The
 * state is the answer of the GET that the route names, so its ETag is the one that the caller has seen.
 */
export const assertMatch = async (
  header: string | undefined,
  call: Call<RouteShape>,
  readState: Handle | undefined,
): Promise<void> => {
  if (header === undefined || header.trim() === '*') return;
  if (readState === undefined) throw new SlipwayError('request_invalid', 'If-Match has no meaning for this route');
  const { body } = await readState({ ...call, body: undefined, query: {} });
  const etag = etagOf(JSON.stringify(body));
  if (header.split(',').some((one) => one.trim() === etag)) return;
  throw new SlipwayError('state_changed', 'the state is another one than If-Match names', { etag });
};
