import { Webhook } from 'standardwebhooks';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { Notification, Notifier } from '../../ports/notifier.js';

export interface WebhookChannel {
  readonly url: string;
  /** `whsec_` and base64, as the Standard Webhooks specification has it. */
  readonly secret: string;
}

const TIMEOUT_MS = 10_000;

/**
 * Delivers notifications as signed webhooks (https://www.standardwebhooks.com): the ID is the notification's, so that
 * receivers drop repeats. Redirects are not followed: a signed message goes where the operator said. What no channel
 * is configured for goes to `fallback`.
 *
 * @param channels by the name of identity, role or channel
 */
export const createWebhookNotifier = (
  channels: Readonly<Record<string, WebhookChannel>>,
  fallback?: string,
  timeoutMs = TIMEOUT_MS,
): Notifier => ({
  notify: async (notification) => {
    const name = [notification.to, fallback].find(
      (candidate) => candidate !== undefined && Object.hasOwn(channels, candidate),
    );
    const channel = name === undefined ? undefined : channels[name];
    if (channel === undefined)
      throw new SlipwayError('notification_refused', `no channel is configured for ${notification.to}`);
    await deliver(channel, notification, timeoutMs);
  },
});

const deliver = async (channel: WebhookChannel, notification: Notification, timeoutMs: number): Promise<void> => {
  const at = new Date();
  const body = JSON.stringify({ type: notification.kind, timestamp: at.toISOString(), data: notification });
  const response = await fetch(channel.url, {
    method: 'POST',
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      'content-type': 'application/json',
      'webhook-id': notification.id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(channel.secret).sign(notification.id, at, body),
    },
    body,
  }).catch((cause: unknown) => {
    throw new SlipwayError('notification_failed', `the receiver for ${notification.to} did not answer`, {}, { cause });
  });
  await response.body?.cancel();
  if (response.ok) return;
  throw new SlipwayError(
    mayHeal(response.status) ? 'notification_failed' : 'notification_refused',
    `the receiver for ${notification.to} answered HTTP ${response.status}`,
    { status: response.status },
  );
};

/** Redirects and refusals stay what they are; too early, too many and trouble of the server's own pass. */
const mayHeal = (status: number): boolean => status >= 500 || status === 408 || status === 425 || status === 429;
