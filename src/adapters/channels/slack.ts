import type { SlackChannel } from '../../contract/channels.js';
import { SLACK_QUESTION, SLACK_SEEN, slackBlocks } from '../../domain/release/slackBlocks.js';
import type { Notification } from '../../ports/notifier.js';
import { post } from './post.js';

/** Slack refuses messages with longer texts (https://docs.slack.dev/reference/block-kit/blocks). */
const LONGEST = { header: 150, section: 3_000, url: 3_000 };

/**
 * A message by an incoming webhook of Slack (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
 * Its texts are plain: nothing that a commit or a comment says becomes a link or a mention. The button opens the release.
 */
export const deliverSlack = async (
  { url, interactive }: SlackChannel,
  notification: Notification,
  timeoutMs: number,
): Promise<void> =>
  post(url, {
    to: notification.to,
    body: JSON.stringify(slackMessage(notification, interactive === true)),
    timeoutMs,
  });

const slackMessage = ({ subject, body, url, data }: Notification, interactive: boolean) => {
  const about = interactive ? slackBlocks(data['releaseId']) : undefined;
  const buttons = [
    ...(url === undefined || url.length > LONGEST.url
      ? []
      : [{ type: 'button', text: plain('Open', LONGEST.header), url }]),
    ...(about === undefined
      ? []
      : [{ type: 'button', action_id: SLACK_SEEN, text: plain('I have seen it', LONGEST.header) }]),
  ];
  return {
    // Shown where blocks cannot be, such as on a lock screen; Slack reads mark-up in it.
    text: withoutMarkup(subject),
    blocks: [
      { type: 'header', text: plain(subject, LONGEST.header) },
      ...(body === '' ? [] : [{ type: 'section', text: plain(body, LONGEST.section) }]),
      ...(buttons.length === 0
        ? []
        : [{ type: 'actions', ...(about === undefined ? {} : { block_id: about.actions }), elements: buttons }]),
      ...(about === undefined ? [] : [question(about.question)]),
    ],
  };
};

/** Sent with the enter key; the answer is the release's to give, in its comments. */
const question = (blockId: string) => ({
  type: 'input',
  block_id: blockId,
  dispatch_action: true,
  label: plain('Ask its authors', LONGEST.header),
  element: { type: 'plain_text_input', action_id: SLACK_QUESTION, max_length: 2_000 },
});

const plain = (text: string, longest: number) => ({
  type: 'plain_text',
  text: text.length <= longest ? text : `${text.slice(0, longest - 1)}…`,
  emoji: false,
});

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

const withoutMarkup = (text: string): string => text.replace(/[&<>]/g, (letter) => ESCAPES[letter] ?? letter);
