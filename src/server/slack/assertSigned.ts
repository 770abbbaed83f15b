import { createHmac, timingSafeEqual } from 'node:crypto';
import { SlipwayError } from '../../domain/errors/slipwayError.js';

export interface SignedBySlack {
  /** `X-Slack-Signature`. */
  readonly signature?: string;
  /** `X-Slack-Request-Timestamp`: epoch seconds. */
  readonly timestamp?: string;
}

export const OLDEST_MS = 5 * 60_000;

/**
 * Refuses a body that Slack did not sign for this app within five minutes, by version 0 of
 * https://docs.slack.dev/authentication/verifying-requests-from-slack: the HMAC of the very bytes, compared in constant time.
 */
export const assertSigned = (
  body: string,
  { signature, timestamp }: SignedBySlack,
  secret: string,
  now: number,
): void => {
  if (signature === undefined || timestamp === undefined || !/^\d{1,12}$/.test(timestamp))
    throw refused('it has no signature of Slack');
  if (Math.abs(now - Number(timestamp) * 1000) > OLDEST_MS) throw refused('it was signed more than five minutes ago');
  const expected = Buffer.from(`v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`);
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw refused('its signature is not of these bytes');
};

const refused = (why: string): SlipwayError => new SlipwayError('slack_signature_refused', `refused: ${why}`);
