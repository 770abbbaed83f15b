import { Webhook } from 'standardwebhooks';
import type { WebhookChannel } from '../../contract/channels.js';
import type { Notification } from '../../ports/notifier.js';
import { post } from './post.js';

/**
 * A signed webhook (https://www.standardwebhooks.com): its ID is the notification's, so that receivers drop repeats.
 */
export const deliverWebhook = async (
  { url, secret }: WebhookChannel,
  notification: Notification,
  timeoutMs: number,
): Promise<void> => {
  const at = new Date();
  const body = JSON.stringify({ type: notification.kind, timestamp: at.toISOString(), data: notification });
  await post(url, {
    to: notification.to,
    body,
    timeoutMs,
    headers: {
      'webhook-id': notification.id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(notification.id, at, body),
    },
  });
};
