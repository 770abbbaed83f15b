import { createHash } from 'node:crypto';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { Segment, SegmentFeature } from './segment.js';

/** A segment of the prediction log as Parquet, one row per predicted row. */
export const encodeSegment = (segment: Segment): Uint8Array<ArrayBuffer> => {
  const perRow = <T>(value: (request: Segment['requests'][number], row: number) => T): T[] => {
    const column: T[] = [];
    for (const request of segment.requests) {
      for (let row = 0; row < request.rows; row += 1) column.push(value(request, row));
    }
    return column;
  };
  const { rows } = segment;
  const columnData = [
    { name: 'prediction_id', type: 'STRING' as const, data: perRow(({ requestId }, row) => `${requestId}#${row}`) },
    { name: 'request_id', type: 'STRING' as const, data: perRow(({ requestId }) => requestId) },
    { name: 'row', type: 'INT32' as const, data: perRow((_, row) => row) },
    { name: 'event_time', type: 'INT64' as const, data: perRow(({ eventTime }) => BigInt(eventTime)) },
    { name: 'arrival_time', type: 'INT64' as const, data: perRow(({ arrivalTime }) => BigInt(arrivalTime)) },
    { name: 'version', type: 'STRING' as const, data: perRow(() => segment.version) },
    { name: 'route', type: 'STRING' as const, data: perRow(({ route }) => route) },
    { name: 'latency_ms', type: 'DOUBLE' as const, data: perRow(({ latencyMs }) => latencyMs) },
    { name: 'trace_id', type: 'STRING' as const, data: perRow(({ traceId }) => traceId ?? null) },
    { name: 'prediction', type: 'DOUBLE' as const, data: Array.from(segment.predictions.subarray(0, rows), orNull) },
    ...segment.features.map((feature) => featureColumn(feature, rows)),
  ];
  return new Uint8Array(parquetWriteBuffer({ columnData, statistics: false }));
};

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** A column of numbers that are all there needs no list of what is missing. */
const featureColumn = (feature: SegmentFeature, rows: number) => {
  const name = `f_${feature.name}`;
  const isFloats = feature.data instanceof Float32Array || feature.data instanceof Float64Array;
  if (feature.log === 'value' && feature.missing.length === 0 && isFloats) {
    const data = completeNumbers(feature.data.subarray(0, rows));
    if (data !== undefined) return { name, type: 'DOUBLE' as const, nullable: false, encoding: 'PLAIN' as const, data };
  }
  const type = feature.log === 'hash' || feature.type === 'string' ? ('STRING' as const) : ('DOUBLE' as const);
  return { name, type, data: featureValues(feature, rows) };
};

/** Undefined where one is missing. A plain loop: this is most of what the log costs. */
const completeNumbers = (values: Float32Array | Float64Array): Float64Array | undefined => {
  const written = values instanceof Float32Array ? shortest : asItIs;
  const data = new Float64Array(values.length);
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row]!;
    if (Number.isNaN(value)) return undefined;
    data[row] = written(value);
  }
  return data;
};

const featureValues = (feature: SegmentFeature, rows: number): (number | string | null)[] => {
  const written = feature.data instanceof Float32Array ? shortest : asItIs;
  const values = Array.from({ length: rows }, (_, row) => readable(feature.data[row]!, written));
  for (const index of feature.missing) values[index] = null;
  return feature.log === 'hash' ? values.map((value) => (value === null ? null : hash(feature.name, value))) : values;
};

const readable = (value: number | bigint | string, written: (value: number) => number): number | string | null => {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return Number(value);
  return Number.isNaN(value) ? null : written(value);
};

const asItIs = (value: number): number => value;

/** The decimal of up to six places that is this FP32: 7.3 as the caller wrote it, not 7.300000190734863. */
const shortest = (value: number): number => {
  for (let scale = 1; scale <= 1e6; scale *= 100) {
    const shorter = Math.round(value * scale) / scale;
    if (Math.fround(shorter) === value) return shorter;
  }
  return value;
};

/** Equal values stay equal and no more is told; the name keeps two features' values apart. */
const hash = (name: string, value: number | string): string =>
  createHash('sha256').update(`${name}\0${value}`).digest('hex').slice(0, 32);
