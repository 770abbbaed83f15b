import type { Tensor, TensorData } from '../../domain/inference/tensors.js';
import type { FeatureSpec } from '../../domain/spec/types.js';

/** One answered request, as the prediction log keeps it until a segment is written. */
export interface LogEntry {
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly eventTime: number;
  readonly arrivalTime: number;
  readonly route: string;
  readonly latencyMs: number;
  readonly rows: number;
  readonly inputs: readonly Tensor[];
  readonly predictions: ArrayLike<number>;
}

/** Entries by columns, as they cross to the encoding thread. */
export interface Segment {
  readonly version: string;
  readonly requestIds: readonly string[];
  readonly rows: Int32Array;
  readonly eventTimes: Float64Array;
  readonly arrivalTimes: Float64Array;
  readonly latencies: Float64Array;
  readonly routes: readonly string[];
  readonly predictions: Float64Array;
  readonly features: readonly SegmentFeature[];
}

export interface SegmentFeature {
  readonly name: string;
  readonly log: 'value' | 'hash';
  readonly type: FeatureSpec['type'];
  readonly data: TensorData;
  /** Positions without a value, where the data cannot say so. */
  readonly missing: readonly number[];
}

export const toSegment = (version: string, features: readonly FeatureSpec[], entries: readonly LogEntry[]): Segment => {
  const rows = entries.reduce((sum, entry) => sum + entry.rows, 0);
  const predictions = new Float64Array(rows);
  let at = 0;
  for (const entry of entries) {
    for (let row = 0; row < entry.rows; row += 1) predictions[at + row] = entry.predictions[row] ?? Number.NaN;
    at += entry.rows;
  }
  return {
    version,
    requestIds: entries.map((entry) => entry.requestId),
    rows: Int32Array.from(entries, (entry) => entry.rows),
    eventTimes: Float64Array.from(entries, (entry) => entry.eventTime),
    arrivalTimes: Float64Array.from(entries, (entry) => entry.arrivalTime),
    latencies: Float64Array.from(entries, (entry) => entry.latencyMs),
    routes: entries.map((entry) => entry.route),
    predictions,
    features: features.flatMap((feature) =>
      feature.log === 'drop' ? [] : [toFeature(feature, feature.log, entries, rows)],
    ),
  };
};

const toFeature = (
  feature: FeatureSpec,
  log: 'value' | 'hash',
  entries: readonly LogEntry[],
  rows: number,
): SegmentFeature => {
  const missing: number[] = [];
  const texts: string[] = [];
  const numbers =
    feature.type === 'integer' ? new BigInt64Array(rows) : new Float32Array(feature.type === 'number' ? rows : 0);
  let at = 0;
  for (const entry of entries) {
    const { data, missing: none = [] } = entry.inputs.find((input) => input.name === feature.name)!;
    for (const row of none) missing.push(at + row);
    if (Array.isArray(data)) for (const text of data) texts.push(text);
    else (numbers as Float32Array).set(data as Float32Array, at);
    at += entry.rows;
  }
  return { name: feature.name, log, type: feature.type, data: feature.type === 'string' ? texts : numbers, missing };
};

/** What can change hands instead of being copied. */
export const buffersOf = (segment: Segment): ArrayBuffer[] =>
  [
    segment.rows,
    segment.eventTimes,
    segment.arrivalTimes,
    segment.latencies,
    segment.predictions,
    ...segment.features.flatMap(({ data }) => (Array.isArray(data) ? [] : [data])),
  ].map((array) => array.buffer as ArrayBuffer);
