import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and body, as they came over the wire. */
  readonly raw: string;
  readonly user: string;
  readonly encrypted: boolean;
}

export interface MailServer {
  readonly port: number;
  readonly received: readonly ReceivedMail[];
  close(): Promise<void>;
}

export const MAIL_USER = { user: 'slipway', password: 'a password of the tests' };

/** A mail server with STARTTLS and a log-in; it answers as it is told for some senders and addresses. */
export const startMailServer = async (
  certificate: { readonly key: string; readonly cert: string },
  answers: { readonly forAddress?: (address: string) => number | undefined; readonly tls?: boolean } = {},
): Promise<MailServer> => {
  const received: ReceivedMail[] = [];
  const refusal = (code: number): Error => Object.assign(new Error('as the test says'), { responseCode: code });
  const server = new SMTPServer({
    ...certificate,
    ...(answers.tls === false ? { disabledCommands: ['STARTTLS'] } : {}),
    authOptional: answers.tls === false,
    onAuth: ({ username, password }, _session, done) =>
      username === MAIL_USER.user && password === MAIL_USER.password
        ? done(null, { user: username })
        : done(refusal(535)),
    onRcptTo: ({ address }, _session, done) => {
      const code = answers.forAddress?.(address);
      done(code === undefined ? null : refusal(code));
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString('utf8'),
          user: String(session.user ?? ''),
          encrypted: session.secure,
        });
        done(null);
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    received,
    close: () => new Promise<void>((resolve) => void server.close(resolve)),
  };
};
