import type { TensorSpec } from '../../domain/artifact/types.js';
import { featureColumns, type FeatureColumn } from '../../domain/inference/featureColumns.js';
import type { Tensor } from '../../domain/inference/tensors.js';
import type { FeatureSpec } from '../../domain/spec/types.js';
import { missingRows, numbersOf } from './featureValues.js';

/** One answered request, as it is handed to the prediction log. */
export interface LogEntry {
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly eventTime: number;
  readonly arrivalTime: number;
  readonly route: string;
  readonly latencyMs: number;
  /** Of W3C Trace Context, where the caller sent one. */
  readonly traceId?: string;
  readonly rows: number;
  /** In the order of the model's inputs. */
  readonly inputs: readonly Tensor[];
  readonly predictions: ArrayLike<number>;
}

/** Entries by columns, as they cross to the encoding thread. Arrays may be longer than `rows`. */
export interface Segment {
  readonly version: string;
  readonly rows: number;
  readonly requests: readonly Omit<LogEntry, 'inputs' | 'predictions'>[];
  readonly predictions: Float64Array<ArrayBuffer>;
  readonly features: readonly SegmentFeature[];
}

export interface SegmentFeature {
  readonly name: string;
  readonly log: 'value' | 'hash';
  readonly type: FeatureSpec['type'];
  readonly data: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | BigInt64Array<ArrayBuffer> | string[];
  /** Rows without a value, where the data cannot say so. */
  readonly missing: readonly number[];
}

export interface SegmentBuilder {
  readonly rows: number;
  /** Arrival of the first entry; undefined while there is none. */
  readonly since: number | undefined;
  fits(rows: number): boolean;
  /** Copies the values: nothing of the request is kept alive until the segment is written. */
  add(entry: LogEntry): void;
  finish(): Segment;
}

/**
 * @param inputs the model's inputs, in their order
 * @param capacity rows
 */
export const buildSegment = (
  version: string,
  features: readonly FeatureSpec[],
  inputs: readonly TensorSpec[],
  capacity: number,
): SegmentBuilder => {
  const columns = featureColumns(features, inputs).flatMap((place) => {
    const { name, log, type } = place.feature;
    if (log === 'drop') return [];
    const data = room(inputs[place.input]!.datatype, capacity);
    return [{ name, log, type, place, data, missing: [] as number[] }];
  });
  const predictions = new Float64Array(capacity);
  const requests: Segment['requests'][number][] = [];
  let rows = 0;
  return {
    get rows() {
      return rows;
    },
    get since() {
      return requests[0]?.arrivalTime;
    },
    fits: (more) => rows + more <= capacity,
    add: (entry) => {
      const { requestId, eventTime, arrivalTime, route, latencyMs, traceId } = entry;
      const traced = traceId === undefined ? {} : { traceId };
      requests.push({ requestId, eventTime, arrivalTime, route, latencyMs, ...traced, rows: entry.rows });
      for (let row = 0; row < entry.rows; row += 1) predictions[rows + row] = entry.predictions[row] ?? Number.NaN;
      for (const column of columns) {
        const tensor = entry.inputs[column.place.input]!;
        copy(tensor, column.place, column.data, rows);
        for (const row of missingRows(tensor, column.place) ?? []) column.missing.push(rows + row);
      }
      rows += entry.rows;
    },
    finish: () => ({
      version,
      rows,
      requests,
      predictions,
      features: columns.map(({ name, log, type, data, missing }) => ({ name, log, type, data, missing })),
    }),
  };
};

const room = (datatype: string, capacity: number): SegmentFeature['data'] => {
  if (datatype === 'BYTES') return [];
  if (datatype === 'INT64') return new BigInt64Array(capacity);
  return datatype === 'FP32' ? new Float32Array(capacity) : new Float64Array(capacity);
};

/** One column of a tensor to where this entry's rows begin. */
const copy = (tensor: Tensor, { column, width }: FeatureColumn, into: SegmentFeature['data'], from: number): void => {
  if (Array.isArray(into)) {
    const texts = tensor.data as string[];
    for (let at = column; at < texts.length; at += width) into.push(texts[at]!);
    return;
  }
  const numbers = numbersOf(tensor);
  if (width === 1 && numbers.constructor === into.constructor)
    return (into as Float32Array).set(numbers as Float32Array, from);
  // The usual case of a matrix, without a call for each of its values.
  if (into instanceof Float32Array && numbers instanceof Float32Array) {
    for (let at = column, row = from; at < numbers.length; at += width, row += 1) into[row] = numbers[at]!;
    return;
  }
  const convert = into instanceof BigInt64Array ? (value: number | bigint) => value : Number;
  for (let at = column, row = from; at < numbers.length; at += width, row += 1)
    (into as Float64Array)[row] = convert(numbers[at]!) as number;
};

/** What can change hands instead of being copied. */
export const buffersOf = (segment: Segment): ArrayBuffer[] => [
  segment.predictions.buffer,
  ...segment.features.flatMap(({ data }) => (Array.isArray(data) ? [] : [data.buffer])),
];
