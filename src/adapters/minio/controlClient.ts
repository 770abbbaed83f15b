import type { Client } from 'minio';
import { impatientAgent } from './impatientAgent.js';

/** The minio client, from its first use on: loading it takes longer than all else that a model server loads, which never asks it. */
export type Control = () => Promise<Client>;

export interface ControlOptions {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  readonly answerWithinMs?: number;
}

/** For control calls: buckets, listings, starting and giving up uploads. */
export const controlClient = ({ endpoint, accessKey, secretKey, region, answerWithinMs }: ControlOptions): Control => {
  let loaded: Promise<Client> | undefined;
  const load = async (): Promise<Client> => {
    const { Client } = await import('minio');
    const url = new URL(endpoint);
    const secure = url.protocol === 'https:';
    return new Client({
      endPoint: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port) || (secure ? 443 : 80),
      useSSL: secure,
      accessKey,
      secretKey,
      region,
      ...(answerWithinMs === undefined
        ? {}
        : { transportAgent: impatientAgent(secure, answerWithinMs), retryOptions: { disableRetry: true } }),
    });
  };
  return () => (loaded ??= load());
};
