import { Metadata } from '@grpc/grpc-js';
import { clipDetails, CODES, type Code } from '../../domain/inference/grpc/status.js';

/** The status that ends a call. */
export const statusOf = (code: Code, details: string, pushbackMs: number | undefined) => ({
  code,
  details: clipDetails(details),
  // Clients that retry wait as long, and do not count it as their own idea.
  metadata: metadataOf(pushbackMs === undefined ? {} : { 'grpc-retry-pushback-ms': String(pushbackMs) }),
});

export const metadataOf = (entries: Readonly<Record<string, string>>): Metadata => {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(entries)) metadata.set(name, value);
  return metadata;
};

/** What there is no room for. */
export const FULL = {
  kind: 'refused',
  code: CODES.resourceExhausted,
  details: 'the requests that are being answered fill the memory for them',
  pushbackMs: 1_000,
} as const;
