import type { Digest } from '../artifact/types.js';
import type { LossName, MetricName, PairedMetric } from './metrics.js';

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
  readonly install?: InstallSpec;
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
  /** Names of secrets that it is handed, each as a file of its own. */
  readonly secrets?: readonly string[];
  /** It may reach other machines; without it none, where commands are confined. */
  readonly network?: boolean;
}

export interface InstallSpec extends Omit<CommandSpec, 'run'> {
  /** A lock file of Python: its environment is made once, and is there for every command. */
  readonly python?: string;
  readonly run?: string;
  /** Files that decide on what it prepares; where absent, the lock files of the repository. */
  readonly inputs?: readonly string[];
}

export interface CheckSpec extends CommandSpec {
  readonly name: string;
  readonly kind: 'lint' | 'unit' | 'integration';
  /** A JUnit XML file that the check writes, relative to the repository root. */
  readonly junit?: string;
  /** An lcov or Cobertura report that the check writes. */
  readonly coverage?: string;
}

export interface StepSpec extends CommandSpec {
  readonly name: string;
  /** Steps that must have ended before; where absent, the step written before it. */
  readonly needs?: readonly string[];
  /** Files it reads: paths and patterns below the root, and data from elsewhere. Where absent, the whole tree. */
  readonly inputs?: readonly StepInput[];
  /** Files and folders it writes. Without them it is never skipped. */
  readonly outputs?: readonly string[];
  /** Folder that is kept between its attempts in one release: no output of it, and no part of its key. */
  readonly checkpoint?: string;
  /** Names of the parameters it reads, and the only ones it is given; where absent, all. */
  readonly params?: readonly string[];
  /** How often it is tried again after it failed. */
  readonly retries?: number;
  readonly resources?: ResourceSpec;
}

export type StepInput = string | DataInput;

/** Data from elsewhere, put at `path` before the step runs. */
export interface DataInput {
  /** `file:`, `s3:` or `https:`. */
  readonly uri: string;
  readonly digest: Digest;
  readonly path: string;
}

/** Limits of every process of a step. */
export interface ResourceSpec {
  readonly memoryBytes?: number;
  readonly cpuMs?: number;
}

export interface BuildSpec {
  readonly params: Readonly<Record<string, ParamValue>>;
  readonly steps: readonly StepSpec[];
  /** Of parameters that commands read from a file of the repository; what a release overrides is written there. */
  readonly origins?: Readonly<Record<string, ParamOrigin>>;
}

export interface ParamOrigin {
  readonly file: string;
  readonly keys: readonly (string | number)[];
}

export type ParamValue = string | number | boolean;

/** Files that the build leaves behind, relative to the repository root. Tables are Parquet, CSV or NDJSON. */
export interface ModelCard {
  readonly intendedUse?: string;
  readonly limitations?: string;
  readonly trainingData?: string;
  readonly contact?: string;
  readonly documentation?: string;
}

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
  /** Model card: what the model is for, and what it is not. */
  readonly card?: ModelCard;
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

export type { MetricName } from './metrics.js';

export type GateRule =
  | ThresholdRule
  | ChampionRule
  | AnchorRule
  | BudgetRule
  | DataRule
  | LeakageRule
  | BehaviourRule
  | CasesRule
  | CommandRule;

export interface ThresholdRule {
  readonly kind: 'threshold';
  readonly metric: MetricName;
  readonly min?: number;
  readonly max?: number;
  /** Where it is given, the metric's whole interval must lie within the limits, not only its value. */
  readonly confidence?: number;
  readonly slice?: SliceSpec;
}

/** A rule that is asked of every value of a column by itself. */
export interface SliceSpec {
  /** Of the evaluation table; a feature or any other. */
  readonly column: string;
  /** Values with fewer rows are judged together, as one slice. */
  readonly minRows: number;
  /** A slice whose interval spans the limit: `block` is inconclusive, `accept` asks for shown harm before it refuses. */
  readonly undecided: 'block' | 'accept';
}

export interface PairedRule {
  readonly metric: PairedMetric;
  readonly test: 'non_inferiority' | 'superiority';
  /** In units of the metric; how much worse is still accepted. */
  readonly margin: number;
  /** Two-sided, e.g. 0.95. */
  readonly confidence: number;
}

/** Paired comparison with the champion of the last environment, on the same rows, by blocks of a day. Slices need a loss. */
export interface ChampionRule extends PairedRule {
  readonly kind: 'champion';
  readonly slice?: SliceSpec;
}

/** The same comparison with one named version that stays, so that many small losses add up to a refusal. */
export interface AnchorRule extends PairedRule {
  readonly kind: 'anchor';
  /** Digest of an artifact, or full hash of the commit that it was built from. */
  readonly at: string;
}

export type BudgetName = 'model_bytes' | 'artifact_bytes' | 'latency_p50' | 'latency_p95' | 'latency_p99';

/** Bytes, or milliseconds of one request of one row, over HTTP, in the environment of the gate. */
export interface BudgetRule {
  readonly kind: 'budget';
  readonly budget: BudgetName;
  readonly max: number;
}

/** What must hold of a table of the artifact; what is left out is not asked. */
export interface DataRule {
  readonly kind: 'data';
  readonly table: 'evaluation' | 'reference';
  readonly minRows?: number;
  /** Share of a feature's values that may be missing. */
  readonly maxNulls?: number;
  /** Share of a feature's values that may be of another type, out of its range, or none of its categories. */
  readonly maxInvalid?: number;
  /** Share of rows that may repeat another row in all features, label and event time. */
  readonly maxDuplicates?: number;
  /** How old the newest row may be, by the clock of the environment. */
  readonly maxAgeMs?: number;
}

/** How much of the evaluation table the training may have seen. */
export interface LeakageRule {
  readonly kind: 'leakage';
  /** `key`: rows whose key is also in the reference; `time`: rows that are not after all of the reference. */
  readonly by: 'key' | 'time';
  /** Columns of both tables that name a row; the features and the event time where there are none. */
  readonly columns: readonly string[];
  /** Share of the evaluation rows. */
  readonly max: number;
}

/** One feature of real rows is changed, and the prediction must stay, rise or fall. */
export interface BehaviourRule {
  readonly kind: 'behaviour';
  readonly feature: string;
  readonly change: { readonly by: number } | { readonly to: readonly (string | number)[] };
  readonly prediction: 'same' | 'rises' | 'falls';
  /** Change of the prediction that does not count. */
  readonly tolerance: number;
  /** Share of the changed rows that may behave otherwise. */
  readonly maxViolations: number;
  /** Rows of the evaluation table, spread evenly over it. */
  readonly rows: number;
}

/** Minimum function: given rows whose outcome is known beforehand. */
export interface CasesRule {
  readonly kind: 'cases';
  readonly cases: readonly CaseSpec[];
}

export interface CaseSpec {
  readonly name: string;
  /** By feature; what is left out is missing. */
  readonly given: Readonly<Record<string, string | number>>;
  readonly min?: number;
  readonly max?: number;
}

/** A command of the repository that writes JSON; its numbers are held to limits, and shown as its own word. */
export interface CommandRule {
  readonly kind: 'command';
  readonly run: string;
  readonly timeoutMs: number;
  readonly network?: boolean;
  /** JSON that the command writes, relative to the repository root. */
  readonly writes: string;
  readonly metrics: Readonly<Record<string, { readonly min?: number; readonly max?: number }>>;
}

export interface GateSpec {
  readonly name: string;
  readonly minRows: number;
  /** Length of the blocks of event time that rows depend on each other within, milliseconds; a day where it is left out. */
  readonly blockMs?: number;
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
  readonly performance: { readonly metric: LossName; readonly maxIncrease: number };
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
