import type { DriftOutcome, Finding } from './types.js';

/** The same problem of the same version in the same window is the same finding, however often it is measured. */
export const findingId = (
  { window, artifactDigest }: Pick<DriftOutcome, 'window' | 'artifactDigest'>,
  { kind, subject }: Finding,
): string => `${kind}.${subject}@${new Date(window.start).toISOString()}/${artifactDigest.slice(7, 19)}`;
