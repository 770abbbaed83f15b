import type { Tensor } from '../../domain/inference/tensors.js';
import type { FeatureSpec } from '../../domain/spec/types.js';

/** One answered request, as it is handed to the prediction log. */
export interface LogEntry {
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly eventTime: number;
  readonly arrivalTime: number;
  readonly route: string;
  readonly latencyMs: number;
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
  readonly data: Float32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer> | string[];
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
 * @param inputs names of the model's inputs, in their order
 * @param capacity rows
 */
export const buildSegment = (
  version: string,
  features: readonly FeatureSpec[],
  inputs: readonly string[],
  capacity: number,
): SegmentBuilder => {
  const columns = features.flatMap((feature) => {
    if (feature.log === 'drop') return [];
    const { name, log, type } = feature;
    return [{ name, log, type, input: inputs.indexOf(name), data: room(type, capacity), missing: [] as number[] }];
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
      const { requestId, eventTime, arrivalTime, route, latencyMs } = entry;
      requests.push({ requestId, eventTime, arrivalTime, route, latencyMs, rows: entry.rows });
      for (let row = 0; row < entry.rows; row += 1) predictions[rows + row] = entry.predictions[row] ?? Number.NaN;
      for (const column of columns) {
        const { data, missing } = entry.inputs[column.input]!;
        if (Array.isArray(column.data)) for (const text of data as string[]) column.data.push(text);
        else (column.data as Float32Array).set(data as Float32Array, rows);
        if (missing !== undefined) for (const row of missing) column.missing.push(rows + row);
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

const room = (type: FeatureSpec['type'], capacity: number): SegmentFeature['data'] =>
  type === 'string' ? [] : type === 'integer' ? new BigInt64Array(capacity) : new Float32Array(capacity);

/** What can change hands instead of being copied. */
export const buffersOf = (segment: Segment): ArrayBuffer[] => [
  segment.predictions.buffer,
  ...segment.features.flatMap(({ data }) => (Array.isArray(data) ? [] : [data.buffer])),
];
