import type { Digest } from '../artifact/types.js';
import type { Verdict } from '../gate/types.js';

export interface DriftWindow {
  /** Event time, epoch milliseconds; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
}

export type FindingKind = 'quality' | 'drift' | 'prediction' | 'performance' | 'outlier';

/** What an incident may be about: drift, two people who broke the glass, or what a target runs. */
export type ProblemKind = FindingKind | 'breakglass' | 'deployment_drift';

export interface Finding {
  readonly kind: FindingKind;
  /** A feature, `prediction`, a metric, or `volume`. */
  readonly subject: string;
  readonly reason: string;
  /** Only findings that page a person open an incident at once; the others are in the report. */
  readonly pages: boolean;
}

export interface FeatureDrift {
  readonly feature: string;
  readonly verdict: Verdict;
  /** Jensen-Shannon distance, base 2, 0 to 1, of the frozen reference bins. */
  readonly distance: number;
  /** Interval of the distance. */
  readonly interval: readonly [number, number];
  readonly pValue: number;
  readonly psi: number;
  readonly tolerance: number;
  readonly reason: string;
  readonly reference: readonly number[];
  readonly current: readonly number[];
  readonly labels: readonly string[];
}

export interface QualityCheck {
  readonly name: string;
  readonly subject: string;
  readonly verdict: Verdict;
  readonly observed: number;
  readonly limit: number;
  readonly reason: string;
}

export interface RealisedPerformance {
  readonly verdict: Verdict;
  readonly metric: string;
  readonly labelled: number;
  readonly rows: number;
  readonly value?: number;
  readonly interval?: readonly [number, number];
  /** The same metric on the evaluation set when the version was packaged. */
  readonly baseline?: number;
  readonly reason: string;
}

/** One window of one version in one environment, as it is stored and shown. */
export interface DriftReport {
  readonly model: string;
  readonly environment: string;
  readonly artifactDigest: Digest;
  readonly releaseId: string;
  readonly window: DriftWindow;
  readonly rows: number;
  readonly verdict: Verdict;
  readonly quality: readonly QualityCheck[];
  readonly features: readonly FeatureDrift[];
  readonly prediction: FeatureDrift;
  readonly performance: RealisedPerformance;
  /** Expected false alarms in this report, and findings. */
  readonly expectedFalseAlarms: number;
  readonly findings: readonly Finding[];
}

/** The training data of a version against what an environment saw of late, whatever version answered there. */
export interface ServingDrift {
  readonly environment: string;
  readonly window: DriftWindow;
  /** That were compared, of those that were logged in the window. */
  readonly rows: number;
  readonly windowRows: number;
  readonly features: readonly FeatureDrift[];
}

/** What a drift activity returns to the workflow: digests and findings only. */
export interface DriftOutcome {
  readonly report: Digest;
  readonly artifactDigest: Digest;
  readonly window: DriftWindow;
  readonly verdict: Verdict;
  readonly rows: number;
  readonly findings: readonly Finding[];
}
