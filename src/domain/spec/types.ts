/**
 * What a model repository declares in `slipway.yaml`, after it was parsed and checked: durations are
 * milliseconds, defaults are filled in, names are valid. JSON-safe, so that a workflow can carry it.
 */
export interface Spec {
  readonly version: 1;
  readonly model: string;
  readonly description: string;
  /** Identities or channels that hear of problems, in order. */
  readonly owners: readonly string[];
  /** Prepares a clean checkout (dependencies), before checks and before the build. */
  readonly install?: CommandSpec;
  readonly checks: readonly CheckSpec[];
  readonly build: BuildSpec;
  readonly artifact: ArtifactSpec;
  readonly signature: SignatureSpec;
  readonly gates: readonly GateSpec[];
  /** In the order in which a release passes them. */
  readonly environments: readonly EnvironmentSpec[];
  readonly monitoring?: MonitoringSpec;
}

export interface CommandSpec {
  readonly run: string;
  readonly timeoutMs: number;
  readonly env: Readonly<Record<string, string>>;
}

export interface CheckSpec extends CommandSpec {
  readonly name: string;
  readonly kind: 'lint' | 'unit' | 'integration';
  /** A JUnit XML file that the check writes, relative to the repository root. */
  readonly junit?: string;
}

export interface StepSpec extends CommandSpec {
  readonly name: string;
}

export interface BuildSpec {
  readonly params: Readonly<Record<string, ParamValue>>;
  readonly steps: readonly StepSpec[];
}

export type ParamValue = string | number | boolean;

/** Files that the build leaves behind, relative to the repository root. Tables are Parquet, CSV or NDJSON. */
export interface ArtifactSpec {
  /** The ONNX file that is served. */
  readonly model: string;
  /** Held-out rows: every feature, the label and the event time. Metrics are recomputed from these. */
  readonly evaluation: string;
  /** Training rows (or a sample): the reference that drift is measured against. */
  readonly reference: string;
  /** JSON written by the trainer: what it says of itself. Shown, never trusted. */
  readonly report?: string;
  readonly licence?: string;
}

export type FeatureType = 'number' | 'integer' | 'string';

export interface FeatureSpec {
  /** Also the name of the ONNX graph's input, shape [rows, 1]. */
  readonly name: string;
  /** number: FP32, integer: INT64, string: BYTES (UTF-8). */
  readonly type: FeatureType;
  /** What the prediction log keeps. */
  readonly log: 'value' | 'hash' | 'drop';
  readonly min?: number;
  readonly max?: number;
  readonly categories?: readonly string[];
}

export interface SignatureSpec {
  readonly features: readonly FeatureSpec[];
  /** The graph's output: probability of the positive class, FP32, shape [rows, 1]. */
  readonly prediction: string;
  /** Column of the label (0 or 1) in evaluation and reference tables. */
  readonly label: string;
  /** Column of the event time (epoch milliseconds, or a timestamp) in those tables. */
  readonly eventTime: string;
}

export type MetricName = 'brier' | 'log_loss' | 'roc_auc' | 'accuracy' | 'calibration_error' | 'positive_rate';

export type GateRule = ThresholdRule | ChampionRule;

export interface ThresholdRule {
  readonly kind: 'threshold';
  readonly metric: MetricName;
  readonly min?: number;
  readonly max?: number;
}

/** Paired comparison with the champion of the last environment, on the same rows, by blocks of a day. */
export interface ChampionRule {
  readonly kind: 'champion';
  /** A metric that is a mean over rows. */
  readonly metric: 'brier' | 'log_loss';
  readonly test: 'non_inferiority' | 'superiority';
  /** In units of the metric; how much worse is still accepted. */
  readonly margin: number;
  /** Two-sided, e.g. 0.95. */
  readonly confidence: number;
}

export interface GateSpec {
  readonly name: string;
  readonly minRows: number;
  readonly rules: readonly GateRule[];
}

export type ApprovalSpec =
  | { readonly kind: 'none' }
  /** Continuous deployment: smoke test, gates and rollout must be green; no person is asked. */
  | { readonly kind: 'automatic' }
  | {
      readonly kind: 'required';
      readonly roles: readonly string[];
      readonly quorum: number;
      readonly remindAfterMs: number;
      readonly expireAfterMs: number;
    };

export interface EnvironmentSpec {
  readonly name: string;
  /** Asked before the artifact enters the environment. */
  readonly approval: ApprovalSpec;
  readonly rollout: RolloutSpec;
  readonly verify: { readonly smokeRows: number };
  /** Names of gates that must pass in this environment before the release moves on. */
  readonly gates: readonly string[];
}

export type RolloutSpec =
  | { readonly strategy: 'immediate' }
  | {
      readonly strategy: 'canary';
      readonly steps: readonly CanaryStepSpec[];
      readonly analysis: AnalysisSpec;
    };

export interface CanaryStepSpec {
  /** Percent of the traffic, 0.1 to 100. */
  readonly weight: number;
  /** The shortest time on this step, and the interval between two looks. */
  readonly holdMs: number;
  /** Requests that the candidate must have answered on this step before it is judged. */
  readonly minRequests: number;
  /** When minRequests were not reached by then the step is `insufficient_data`. */
  readonly deadlineMs: number;
}

export interface AnalysisSpec {
  /** Share of failed requests of the candidate above the champion's. */
  readonly maxErrorRateIncrease: number;
  /** p95 latency of the candidate over the champion's. */
  readonly maxLatencyRatio: number;
  /** Largest accepted distance (Jensen-Shannon, base 2, 0 to 1) between the predictions of both. */
  readonly maxPredictionDistance: number;
  /** Largest accepted distance between what a feature was in training and is in live traffic. */
  readonly maxFeatureDistance: number;
}

export interface MonitoringSpec {
  /** Wall-clock interval of the Schedule. */
  readonly everyMs: number;
  /** Length of a window, in event time. */
  readonly windowMs: number;
  /** Label maturity, in event time: a cohort is scored this long after its window ended. */
  readonly labelDelayMs: number;
  readonly minRows: number;
  readonly drift: { readonly maxDistance: number; readonly alpha: number };
  readonly performance: { readonly metric: 'brier' | 'log_loss'; readonly maxIncrease: number };
  readonly remediation: RemediationSpec;
}

export interface RemediationSpec {
  readonly rollback: boolean;
  readonly retrain: boolean;
  /** No second remediation within this time (wall clock). */
  readonly cooldownMs: number;
  /** Retrains that one incident may start. */
  readonly maxRetrains: number;
}
