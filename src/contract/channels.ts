/** Where notifications go, as the operator’s file names it and the adapter of channels takes it. */
export interface WebhookChannel {
  readonly kind: 'webhook';
  readonly url: string;
  /** `whsec_` and base64, as the Standard Webhooks specification has it. */
  readonly secret: string;
}

export interface MailChannel {
  readonly kind: 'mail';
  readonly addresses: readonly string[];
}

export interface SlackChannel {
  readonly kind: 'slack';
  /** Of an incoming webhook. It is a secret: whoever has it can post. */
  readonly url: string;
  /** Clicks in its messages reach the API. */
  readonly interactive?: true;
}

export type Channel = WebhookChannel | MailChannel | SlackChannel;

/** By the name of identity, role or channel. */
export type Channels = Readonly<Record<string, Channel>>;

/** The server that takes mail. */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** `tls`: from the first byte; `starttls`: before anything is said; `none`: on this machine only. */
  readonly security: 'tls' | 'starttls' | 'none';
  readonly from: string;
  readonly login?: { readonly user: string; readonly password: string };
  /** PEM of the authority that the server's certificate comes from; absent: those that Node knows. */
  readonly ca?: string;
}
