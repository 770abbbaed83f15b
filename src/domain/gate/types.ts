import type { MetricName } from '../spec/types.js';

/** Only `pass` moves on. */
export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'insufficient_data' | 'error';

/** Metrics that Slipway computed itself, from predictions it made itself. Absent: could not be computed. */
export type Metrics = Readonly<Partial<Record<MetricName, number>>>;

/** Sums of one block (a day) of rows, per model, of a metric that is a mean over rows. */
export interface PairedBlock {
  /** Start of the day, epoch milliseconds (event time, UTC). */
  readonly start: number;
  readonly rows: number;
  /** Sum of the row losses. */
  readonly candidate: number;
  readonly champion: number;
}

/** What a gate is decided on; deterministic for one artifact and one champion. */
export interface GateEvidence {
  readonly rows: number;
  readonly positives: number;
  readonly metrics: Metrics;
  readonly champion?: {
    readonly artifactDigest: string;
    readonly metrics: Metrics;
    readonly paired: Readonly<Partial<Record<'brier' | 'log_loss', readonly PairedBlock[]>>>;
  };
}

export interface RuleResult {
  /** e.g. `brier <= 0.2`. */
  readonly rule: string;
  /** `skipped`: a champion rule where there is no champion yet. */
  readonly verdict: Verdict | 'skipped';
  readonly observed?: number;
  readonly interval?: readonly [number, number];
  /** One sentence with the numbers. */
  readonly reason: string;
}

export interface GateResult {
  readonly gate: string;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly rules: readonly RuleResult[];
}
