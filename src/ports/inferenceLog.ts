import type { DriftWindow } from '../domain/drift/types.js';
import type { FeatureSpec, SignatureSpec } from '../domain/spec/types.js';

/** What production saw and what turned out true, joined by prediction ID; one entry per predicted row. */
export interface LoggedRows {
  readonly rows: number;
  /** Of the window; more than `rows` where only some of them were asked for. */
  readonly windowRows: number;
  readonly predictionId: readonly string[];
  readonly eventTime: readonly number[];
  readonly version: readonly string[];
  readonly prediction: readonly number[];
  /** null: no label (yet). */
  readonly label: readonly (number | null)[];
  readonly features: Readonly<Record<string, readonly (number | string | null)[]>>;
}

export interface LabelRow {
  readonly predictionId: string;
  /** 0 or 1. */
  readonly label: number;
  /** Event time at which the truth was known, epoch milliseconds. */
  readonly observedAt: number;
}

/** The prediction log and its labels in the store, as Parquet segments. */
export interface InferenceLog {
  /** @param most where a window has more rows, every second (third, …) of them by event time is read, this many at most */
  read(
    model: string,
    environment: string,
    window: DriftWindow,
    features: readonly FeatureSpec[],
    most?: number,
  ): Promise<LoggedRows>;
  /** Event time of the newest logged prediction; undefined when there is none. */
  newestEventTime(model: string, environment: string): Promise<number | undefined>;
  oldestEventTime(model: string, environment: string): Promise<number | undefined>;
  /** Start of the hour in which the first logged prediction arrived, epoch milliseconds of our own clock. */
  firstArrival(model: string, environment: string): Promise<number | undefined>;
  /**
   * Writes the rows of some windows that have labels to a Parquet file at `path`: the features that are logged by
   * value, label and event time, named as the signature names them; ordered by event time. The same rows give the
   * same bytes.
   */
  exportLabelled(
    model: string,
    environment: string,
    windows: readonly DriftWindow[],
    signature: SignatureSpec,
    path: string,
  ): Promise<{ readonly rows: number }>;
  /** Durable when it returns. Repeats with the same batch ID change nothing. */
  appendLabels(model: string, environment: string, batchId: string, labels: readonly LabelRow[]): Promise<void>;
}
