import { createHash } from 'node:crypto';
import type { Digest } from '../../domain/artifact/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';

/** The whole body, and an error where it is longer. */
export const bounded = async (response: Response, limit: number): Promise<Uint8Array> => {
  const body = await beginning(response, limit);
  if (body.length > limit) throw new SlipwayError('too_large', `the registry sends more than ${limit} bytes`);
  return body;
};

/**
 * The body, and no more of it than a little beyond the limit: it may be packed, and unpack to a thousand times of what
 * was sent.
 */
export const beginning = async (response: Response, limit: number): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of (response.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > limit) break;
    }
  } catch (cause) {
    throw new SlipwayError('registry_unreachable', 'the answer of the registry was cut short', {}, { cause });
  }
  return new Uint8Array(Buffer.concat(chunks));
};

export const json = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new SlipwayError('artifact_refused', 'the registry sent something that is no JSON', {}, { cause });
  }
};

export const digestOf = (bytes: Uint8Array): Digest => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
