import type { Channel, Channels, SmtpServer } from '../../contract/channels.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { Notification, Notifier } from '../../ports/notifier.js';
import { createMailer, type Mailer } from './mail.js';
import { deliverSlack } from './slack.js';
import { deliverWebhook } from './webhook.js';

const TIMEOUT_MS = 10_000;

/**
 * Delivers notifications by the channels of the operator's configuration; what no channel is configured for goes to
 * `fallback`. Every message is a text with a link: nothing is decided by opening it.
 *
 * @param options.fallback name of the channel for those that have none of their own
 */
export const createNotifier = (
  channels: Channels,
  options: { readonly fallback?: string; readonly smtp?: SmtpServer; readonly timeoutMs?: number } = {},
): Notifier => {
  const { fallback, smtp, timeoutMs = TIMEOUT_MS } = options;
  const mailer = createMailer(smtp);
  return {
    notify: async (notification) => {
      const name = [notification.to, fallback].find(
        (candidate) => candidate !== undefined && Object.hasOwn(channels, candidate),
      );
      const channel = name === undefined ? undefined : channels[name];
      if (channel === undefined)
        throw new SlipwayError('notification_refused', `no channel is configured for ${notification.to}`);
      await deliver(mailer, channel, notification, timeoutMs);
    },
  };
};

const deliver = async (mailer: Mailer, channel: Channel, notification: Notification, timeoutMs: number) => {
  switch (channel.kind) {
    case 'webhook':
      return deliverWebhook(channel, notification, timeoutMs);
    case 'mail':
      return mailer(channel, notification, timeoutMs);
    case 'slack':
      return deliverSlack(channel, notification, timeoutMs);
  }
};
