/** The gates that a slipway.yaml declares, and the rules that an artifact must pass in them. */
import type { MetricName, PairedMetric } from './metrics.js';

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
