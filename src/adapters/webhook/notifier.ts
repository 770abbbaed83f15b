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
 * receivers drop repeats. Redirects are not followed. What no channel is configured for goes to `fallback`.
 *
 * @param channels by the name of identity, role or channel
 */
export const createWebhookNotifier = (
  channels: Readonly<Record<string, WebhookChannel>>,
  fallback?: string,
): Notifier => ({
  notify: async (notification) => {
    const channel = channels[notification.to] ?? (fallback === undefined ? undefined : channels[fallback]);
    if (channel === undefined)
      throw new SlipwayError('notification_failed', `no channel is configured for ${notification.to}`);
    await deliver(channel, notification);
  },
});

const deliver = async (channel: WebhookChannel, notification: Notification): Promise<void> => {
  const body = JSON.stringify({ type: notification.kind, timestamp: new Date().toISOString(), data: notification });
  const at = new Date();
  const response = await fetch(channel.url, {
    method: 'POST',
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
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
  if (!response.ok)
    throw new SlipwayError(
      'notification_failed',
      `the receiver for ${notification.to} answered HTTP ${response.status}`,
    );
};
