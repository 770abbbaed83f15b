import type { Digest } from '../artifact/types.js';
import type { RemediationAction } from './types.js';

/** A remediation that was started in an environment, and how it ended. */
export interface RememberedRemediation {
  /** Incident, opening and number: one remediation is remembered once. */
  readonly id: string;
  readonly incidentId: string;
  readonly action: Exclude<RemediationAction, 'none'>;
  /** When it was started, epoch milliseconds (wall clock). */
  readonly at: number;
  /** What served when it was started. */
  readonly artifactDigest: Digest;
  /** Of a retrain: end of the data it learned from, event time. */
  readonly dataUntil?: number;
  readonly releaseId?: string;
  readonly won: boolean;
  /** A retrain that gates, canary, build or a person turned down; one that was superseded or cancelled lost nothing. */
  readonly lost: boolean;
  readonly outcome: string;
}

export interface RemediationMemory {
  /** Newest last, at most 100. */
  readonly remediations: readonly RememberedRemediation[];
}

export const MAX_REMEMBERED = 100;

/** Adds a remediation, or replaces what was known of it. */
export const rememberRemediation = (
  memory: RemediationMemory | undefined,
  entry: RememberedRemediation,
): RemediationMemory => ({
  remediations: [...(memory?.remediations ?? []).filter((known) => known.id !== entry.id), entry].slice(
    -MAX_REMEMBERED,
  ),
});

/** When the next remediation may begin, epoch milliseconds; undefined: none was made. */
export const cooldownEnds = (memory: RemediationMemory | undefined, cooldownMs: number): number | undefined => {
  const starts = (memory?.remediations ?? []).map((entry) => entry.at);
  return starts.length === 0 ? undefined : Math.max(...starts) + cooldownMs;
};

/** Did a retrain already lose against this version, with data that reached as far? Newer data make it worth another try. */
export const retrainLostOn = (memory: RemediationMemory | undefined, serving: Digest, dataUntil: number): boolean =>
  (memory?.remediations ?? []).some(
    (entry) =>
      entry.action === 'retrain' &&
      entry.lost &&
      entry.artifactDigest === serving &&
      (entry.dataUntil ?? 0) >= dataUntil,
  );

/** Outcomes of a release after which the same data are not worth another retrain. */
export const turnedDown = (outcome: string | undefined): boolean =>
  outcome === 'blocked' || outcome === 'rolled_back' || outcome === 'rejected' || outcome === 'failed';
