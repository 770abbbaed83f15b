import { createHash } from 'node:crypto';
import { createTransport, type SentMessageInfo, type Transporter } from 'nodemailer';
import type { MailChannel, SmtpServer } from '../../contract/channels.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { Notification } from '../../ports/notifier.js';

export type Mailer = (channel: MailChannel, notification: Notification, timeoutMs: number) => Promise<void>;

/**
 * Mail by SMTP (RFC 5321), as plain text. The Message-ID is made from the notification's, so that a message that is sent
 * twice shows once where mailboxes drop repeats.
 */
export const createMailer =
  (server: SmtpServer | undefined): Mailer =>
  async ({ addresses }, { id, to, subject, body, url }, timeoutMs) => {
    if (server === undefined)
      throw new SlipwayError('notification_refused', `no smtp is configured for the mail to ${to}`);
    const transport = open(server, timeoutMs);
    try {
      const { rejected } = await transport.sendMail({
        from: server.from,
        to: [...addresses],
        subject: `Slipway: ${subject}`,
        text: [body, url].filter((part) => part !== undefined && part !== '').join('\n\n'),
        messageId: `<${createHash('sha256').update(id).digest('hex').slice(0, 32)}@slipway.invalid>`,
        // Answers of machines would go to whoever sends.
        headers: { 'auto-submitted': 'auto-generated' },
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      // Some took it: sending it again would not reach the others.
      if (rejected.length > 0)
        throw new SlipwayError(
          'notification_refused',
          `the mail server refuses ${rejected.length} of ${addresses.length} addresses of ${to}`,
        );
    } catch (cause) {
      throw cause instanceof SlipwayError ? cause : asNotificationError(to, cause);
    } finally {
      transport.close();
    }
  };

const open = (
  { host, port, security, login, ca }: SmtpServer,
  timeoutMs: number,
): Transporter<SentMessageInfo & { readonly rejected: readonly unknown[] }> =>
  createTransport({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(login === undefined ? {} : { auth: { user: login.user, pass: login.password } }),
    ...(ca === undefined ? {} : { tls: { ca } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  });

/** A reply of 5yz is permanent (RFC 5321, 4.2.1), as are a refused log-in and a certificate that does not hold. */
const asNotificationError = (to: string, cause: unknown): SlipwayError => {
  const { responseCode, code } = cause as { readonly responseCode?: number; readonly code?: string };
  const stays = code === 'EAUTH' || code === 'ETLS' || (responseCode !== undefined && responseCode >= 500);
  const said = responseCode === undefined ? (code ?? 'no answer') : `SMTP ${responseCode}`;
  return new SlipwayError(
    stays ? 'notification_refused' : 'notification_failed',
    `the mail server did not take the message to ${to}: ${said}`,
    {},
    { cause },
  );
};
