import type { BudgetName } from '../spec/gates.js';
import type { LossName, MetricName } from '../spec/metrics.js';
import type { FeatureSpec } from '../spec/types.js';
import type { MetricEstimates } from '../statistics/blockBootstrap.js';
import type { Cell } from '../table/cell.js';
import type { CalibrationBin, Confusion, RocPoint } from '../statistics/curves.js';

/** Only `pass` moves on. */
export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'insufficient_data' | 'error';

/** Metrics that Slipway computed itself, from predictions it made itself. Absent: could not be computed. */
export type Metrics = Readonly<Partial<Record<MetricName, number>>>;

export type Interval = readonly [number, number];
export type Intervals = Readonly<Partial<Record<MetricName, Interval>>>;

/** Sums of one block (a day) of rows, per model, of a metric that is a mean over rows. */
export interface PairedBlock {
  /** Start of the day, epoch milliseconds (event time, UTC). */
  readonly start: number;
  readonly rows: number;
  /** Sum of the row losses. */
  readonly candidate: number;
  readonly champion: number;
}

/** What is drawn of one model's predictions. */
export interface Curves {
  readonly roc: readonly RocPoint[];
  readonly calibration: readonly CalibrationBin[];
  readonly confusion: Confusion;
}

/** A model that knows nothing: it says the same of every row. */
export interface ConstantModel {
  /** Share of positives in the training data: what it says. */
  readonly rate: number;
  /** On the rows that the candidate was judged on. */
  readonly metrics: Metrics;
}

/** What a gate is decided on; deterministic for one artifact and one champion. */
export interface GateEvidence {
  readonly rows: number;
  readonly positives: number;
  readonly metrics: Metrics;
  /** At 95 %, by blocks; absent where there are too few. */
  readonly intervals?: Intervals;
  readonly curves?: Curves;
  /** What knowing nothing but the training data's rate of positives gets on the same rows. */
  readonly constant?: ConstantModel;
  readonly champion?: {
    readonly artifactDigest: string;
    readonly metrics: Metrics;
    /** Its metrics on the rows that it was packaged with. */
    readonly packaged?: Metrics;
    readonly paired: Readonly<Partial<Record<LossName, readonly PairedBlock[]>>>;
    /** Of candidate minus champion, at 95 %. */
    readonly differences?: Intervals;
    readonly curves?: Curves;
  };
}

/** The evaluation rows, as columns of one length. */
export interface GateSample {
  readonly times: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
  readonly candidate: ArrayLike<number>;
  readonly champion?: ArrayLike<number> | Unavailable;
  /** Predictions of the pinned versions, by what the rule calls them. */
  readonly anchors: Readonly<Record<string, ArrayLike<number> | Unavailable>>;
}

export type TableColumns = Readonly<Record<string, readonly Cell[]>>;

/** What could not be found out, in one sentence. */
export interface Unavailable {
  readonly unavailable: string;
}

export const isUnavailable = (fact: object): fact is Unavailable => 'unavailable' in fact;

/** Predictions of rows before and after one feature was changed. */
export interface ProbeAnswers {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** What two models differ by on the same rows, and the blocks that were drawn to know how surely. */
export interface Resampled {
  readonly blocks: number;
  readonly difference?: MetricEstimates;
}

/** Everything that rules look at besides the evidence, by position of the rule where it belongs to one. */
export interface GateFacts {
  readonly sample?: GateSample | Unavailable;
  readonly estimates?: MetricEstimates;
  /** Blocks with rows in them that the estimates rest on. */
  readonly blocks?: number;
  readonly besideChampion?: Resampled;
  /** By what the rule calls the pinned version; of those that a rule needs it for. */
  readonly besideAnchors?: Readonly<Record<string, Resampled>>;
  readonly evaluation?: TableColumns | Unavailable;
  readonly reference?: TableColumns | Unavailable;
  readonly signature?: {
    readonly features: readonly FeatureSpec[];
    readonly label: string;
    readonly eventTime: string;
  };
  readonly sizes?: Readonly<Partial<Record<BudgetName, number>>>;
  /** Milliseconds of single requests. */
  readonly latencies?: readonly number[] | Unavailable;
  /** The environment's clock, epoch milliseconds; absent where nothing was logged yet. */
  readonly now?: number;
  readonly probes?: Readonly<Record<number, ProbeAnswers | Unavailable>>;
  /** What the commands of rules wrote. */
  readonly commands?: Readonly<Record<number, { readonly metrics: Readonly<Record<string, unknown>> } | Unavailable>>;
}

/** One of several things that a rule asks: a slice, a column, a case. */
export interface RulePart {
  readonly name: string;
  readonly verdict: Verdict | 'skipped';
  readonly rows?: number;
  readonly observed?: number;
  readonly interval?: Interval;
  readonly reason: string;
}

export interface RuleResult {
  /** e.g. `brier <= 0.2`. */
  readonly rule: string;
  /** `skipped`: a champion rule where there is no champion yet. */
  readonly verdict: Verdict | 'skipped';
  readonly observed?: number;
  readonly interval?: Interval;
  /** One sentence with the numbers. */
  readonly reason: string;
  readonly parts?: readonly RulePart[];
  /** Whose word it is, where it is not Slipway's own. */
  readonly wordOf?: 'repository';
}

export interface GateResult {
  readonly gate: string;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly rules: readonly RuleResult[];
}
