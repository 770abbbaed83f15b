import { clip } from '../src/domain/clip.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { printable } from '../src/domain/printable.js';

export type ServingAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly text: string }
  /** No answer, for whatever reason. */
  | { readonly kind: 'lost'; readonly reason: string };

const TIMEOUT_MS = 10_000;
const MAX_SHOWN = 500;
/** More than any answer to what is asked here, and no more than a worker has room for beside its other work. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * One inference at the address where an environment serves. That address and no other is what callers use, what the target
 * named, and what evidence is about: whoever sends us elsewhere has said nothing of it, and another server that happens
 * to have the model must not pass in its place.
 *
 * Errors: `target_redirects`; what the signal was aborted with.
 */
export const askServing = async (url: string, body: string, signal: AbortSignal): Promise<ServingAnswer> => {
  const answer = await post(url, body, signal);
  if (answer.kind === 'redirected')
    throw new SlipwayError('target_redirects', `${url} answers ${answer.status}, and sends its callers ${answer.to}`);
  return answer;
};

type Posted = ServingAnswer | { readonly kind: 'redirected'; readonly status: number; readonly to: string };

const post = async (url: string, body: string, signal: AbortSignal): Promise<Posted> => {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const { status } = response;
    if (status < 300 || status >= 400) return { kind: 'answered', status, text: await textOf(response) };
    await response.body?.cancel();
    const location = response.headers.get('location');
    const to = location === null ? 'nowhere' : `to ${clip(printable(location), MAX_SHOWN)}`;
    return { kind: 'redirected', status, to };
  } catch (error) {
    if (signal.aborted) throw error;
    return { kind: 'lost', reason: error instanceof Error ? error.message : String(error) };
  }
};

/** Whoever answers without an end, compressed or not, fills no memory. */
const textOf = async ({ body }: Response): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`an answer of more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};
