import type { ApprovalRule } from '../approval/approvalRule.js';
import type { InputQuestions } from '../approval/inputs.js';
import type { Digest } from '../artifact/types.js';
import type { AnalysisMetric, QualitySpec } from './analysisMetrics.js';
import type { BakeSpec } from './bake.js';
import type { GateSpec } from './gates.js';
import type { LossName } from './metrics.js';

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
  /** Absent: a newer release takes the place of older ones. */
  readonly releases?: ReleasesSpec;
}

/** What a release does that finds another one of its model on its way: in line, or not at all. */
export type WhenBusy = 'coalesce' | 'queue' | 'reject';

export interface ReleasesSpec {
  readonly whenBusy: WhenBusy;
  /** How long one stays in line; absent in specs that were kept before it was asked. */
  readonly expireAfterMs?: number;
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
  /** Also the name of the ONNX graph's input, shape [rows, 1], where the graph has not one input for all features. */
  readonly name: string;
  /** number: FP32 (or FP64, FP16), integer: INT64 (or any other whole number, or BOOL), string: BYTES (UTF-8). */
  readonly type: FeatureType;
  /** What the prediction log keeps. */
  readonly log: 'value' | 'hash' | 'drop';
  /** Values beyond are answered, with a warning. */
  readonly min?: number;
  readonly max?: number;
  readonly categories?: readonly string[];
  /** Whether a request may leave it out; `allow` where absent. */
  readonly missing?: ValuePolicy;
  /** Whether a number may be infinite; `refuse` where absent. */
  readonly infinite?: ValuePolicy;
}

export type ValuePolicy = 'allow' | 'refuse';

export interface SignatureSpec {
  readonly features: readonly FeatureSpec[];
  /** The graph's output: probability of the positive class, shape [rows, 1], or of both classes, [rows, 2]. */
  readonly prediction: string;
  /** Column of the label (0 or 1) in evaluation and reference tables. */
  readonly label: string;
  /** Column of the event time (epoch milliseconds, or a timestamp) in those tables. */
  readonly eventTime: string;
}

export type ApprovalSpec =
  | { readonly kind: 'none' }
  /** Continuous deployment: smoke test, gates and rollout must be green; no person is asked. */
  | { readonly kind: 'automatic' }
  | RequiredApproval;

export interface RequiredApproval extends ApprovalRule {
  readonly kind: 'required';
  readonly remindAfterMs: number;
  /** Business time after which deputies of a silent person may decide in that place. */
  readonly delegateAfterMs?: number;
  /** Business time after which others hear that nobody decided. */
  readonly escalateAfterMs?: number;
  readonly escalateTo?: readonly string[];
  /** They may decide, too, from then on. */
  readonly escalateDecides?: boolean;
  readonly expireAfterMs: number;
  /** What whoever approves must say besides; part of the policy, so that its digest covers it. */
  readonly inputs?: InputQuestions;
}

export interface EnvironmentSpec {
  readonly name: string;
  /** Asked before the artifact enters the environment. */
  readonly approval: ApprovalSpec;
  readonly rollout: RolloutSpec;
  readonly verify: { readonly smokeRows: number };
  /** Names of gates that must pass in this environment before the release moves on. */
  readonly gates: readonly string[];
  /** How long a version must have been sound here before the release moves on. */
  readonly soakMs?: number;
  /** How old evidence of the environment before may be when a hold ends; one day where absent. */
  readonly evidenceLastsMs?: number;
  /** Only of the last one: provisional until labels are there; absent: promoted with its last stage. */
  readonly bake?: BakeSpec;
  /** How small urgent updates may come in; absent: like every other release. */
  readonly hotfix?: HotfixSpec;
  /** In the plan of a hotfix: what must be met afterwards, because it enters by a rule of its own. */
  readonly review?: ReviewSpec;
  /** How many processes serve it; absent: one, always. */
  readonly serving?: ServingSpec;
}

/** Replicas of a version by its load. */
export interface ServingSpec {
  readonly replicas: {
    readonly min: number;
    /** At least `min`, and 1. */
    readonly max: number;
    /** Requests under way that one replica should have on average. */
    readonly inFlight: number;
    /** Fewer must have been enough for this long. */
    readonly coolDownMs: number;
  };
  /** Without a request for so long none is kept; absent: at least one always is. */
  readonly idleMs?: number;
  /** How long a request waits for a version that sleeps. */
  readonly coldStartMs: number;
}

export interface HotfixSpec {
  /** Who lets it in, instead of who else does; absent: the same as always. */
  readonly approval?: RequiredApproval;
  /** Within this time after its deployment the rule of every other release must be met. */
  readonly reviewWithinMs: number;
  /** Absent: it does not soak here. */
  readonly soakMs?: number;
}

export interface ReviewSpec {
  readonly approval: RequiredApproval;
  readonly withinMs: number;
}

export type RolloutSpec = { readonly strategy: 'immediate' } | CanarySpec | BlueGreenSpec;

export interface CanarySpec {
  readonly strategy: 'canary';
  readonly shadow?: ShadowSpec;
  readonly steps: readonly CanaryStepSpec[];
  readonly analysis: AnalysisSpec;
}

/** All traffic in one switch; what ran before stays up for a while without any. */
export interface BlueGreenSpec {
  readonly strategy: 'blueGreen';
  readonly shadow?: ShadowSpec;
  /** How long what ran before stays up after the switch. */
  readonly keepMs: number;
  /** Requests that the candidate must have answered after the switch before it is judged. */
  readonly minRequests: number;
  /** When minRequests were not reached by then the switch is `insufficient_data`. */
  readonly deadlineMs: number;
  readonly analysis: AnalysisSpec;
}

/** Before the candidate answers anybody it gets copies of requests, and is judged by what it makes of them. */
export interface ShadowSpec {
  /** Percent of the requests that it gets a copy of, 0.1 to 100. */
  readonly copies: number;
  readonly holdMs: number;
  /** Copies that it must have answered before it is judged. */
  readonly minRequests: number;
  readonly deadlineMs: number;
  readonly analysis: AnalysisSpec;
}

export interface CanaryStepSpec {
  /** Percent of the traffic, 0.1 to 100. */
  readonly weight: number;
  /** The shortest time on this step, and the interval between two looks. */
  readonly holdMs: number;
  /** Requests that the candidate must have answered on this step before it is judged. */
  readonly minRequests: number;
  /** When minRequests were not reached by then the step is `insufficient_data`. */
  readonly deadlineMs: number;
  /** Who must say that it goes on behind this step, once it has passed; absent: nobody is asked. */
  readonly approve?: StepApprovalSpec;
}

export interface StepApprovalSpec {
  /** Besides operators. */
  readonly roles: readonly string[];
  /** How long the step waits for the word: without it all traffic goes back. */
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
  /** What its owners measure themselves; none where absent. */
  readonly metrics?: readonly AnalysisMetric[];
  /** Chance that a rollout of a candidate like the champion is sent back by a measurement; 0.01 where absent. */
  readonly falseAborts?: number;
  /** Time between two looks; where absent the first comes after the hold, and then fewer and fewer. */
  readonly intervalMs?: number;
  /** Looks at one step that may fail before all traffic goes back; 0 where absent. */
  readonly failureLimit?: number;
  /** Looks at one step that may be inconclusive before the rollout pauses for a person; where absent, the deadline ends them. */
  readonly inconclusiveLimit?: number;
  /** Looks in a row that may be an error before all traffic goes back; 0 where absent. */
  readonly errorLimit?: number;
  /** Realised quality; not looked at where absent. */
  readonly quality?: QualitySpec;
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
