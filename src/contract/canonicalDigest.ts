import { createHash } from 'node:crypto';
import type { Digest } from '../domain/artifact/types.js';
import { canonicalJson } from '../domain/canonical.js';

/** Digest of a value as canonical JSON (RFC 8785): that of its stored bytes, wherever it is made. */
export const digestOf = (value: unknown): Digest =>
  `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`;
