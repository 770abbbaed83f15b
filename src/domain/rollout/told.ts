/** What answers of others consist of: read, never believed. */
import type { Digest } from '../artifact/types.js';

/** Most versions that an answer may name: a rollout has two, and a shadow. */
export const MOST_VERSIONS = 20;

const DIGEST = /^sha256:[0-9a-f]{64}$/;

export const isDigest = (value: unknown): value is Digest => typeof value === 'string' && DIGEST.test(value);
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
export const isPercent = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 100;
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
