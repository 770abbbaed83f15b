import { SlipwayError } from '../../domain/errors/slipwayError.js';

/** Posts JSON to a receiver. Redirects are not followed: a message goes where the operator said. */
export const post = async (
  url: string,
  options: {
    readonly to: string;
    readonly body: string;
    readonly timeoutMs: number;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Promise<void> => {
  const { to, body, timeoutMs, headers } = options;
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
    headers: { 'content-type': 'application/json', ...headers },
    body,
  }).catch((cause: unknown) => {
    throw new SlipwayError('notification_failed', `the receiver for ${to} did not answer`, {}, { cause });
  });
  await response.body?.cancel();
  if (response.ok) return;
  throw new SlipwayError(
    mayHeal(response.status) ? 'notification_failed' : 'notification_refused',
    `the receiver for ${to} answered HTTP ${response.status}`,
    { status: response.status },
  );
};

/** Redirects and refusals stay what they are; too early, too many and trouble of the server's own pass. */
const mayHeal = (status: number): boolean => status >= 500 || status === 408 || status === 425 || status === 429;
