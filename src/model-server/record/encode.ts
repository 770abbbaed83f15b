import { createHash } from 'node:crypto';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { Segment, SegmentFeature } from './logEntry.js';

/** A segment of the prediction log as Parquet, one row per predicted row. */
export const encodeSegment = (segment: Segment): Uint8Array<ArrayBuffer> => {
  const perRow = <T>(value: (request: number, row: number) => T): T[] => {
    const column: T[] = [];
    for (const [request, rows] of segment.rows.entries()) {
      for (let row = 0; row < rows; row += 1) column.push(value(request, row));
    }
    return column;
  };
  const columnData = [
    {
      name: 'prediction_id',
      type: 'STRING' as const,
      data: perRow((request, row) => `${segment.requestIds[request]}#${row}`),
    },
    { name: 'request_id', type: 'STRING' as const, data: perRow((request) => segment.requestIds[request]!) },
    { name: 'row', type: 'INT32' as const, data: perRow((_, row) => row) },
    { name: 'event_time', type: 'INT64' as const, data: perRow((request) => BigInt(segment.eventTimes[request]!)) },
    { name: 'arrival_time', type: 'INT64' as const, data: perRow((request) => BigInt(segment.arrivalTimes[request]!)) },
    { name: 'version', type: 'STRING' as const, data: perRow(() => segment.version) },
    { name: 'route', type: 'STRING' as const, data: perRow((request) => segment.routes[request]!) },
    { name: 'latency_ms', type: 'DOUBLE' as const, data: perRow((request) => segment.latencies[request]!) },
    { name: 'prediction', type: 'DOUBLE' as const, data: Array.from(segment.predictions, orNull) },
    ...segment.features.map((feature) => ({
      name: `f_${feature.name}`,
      type: feature.log === 'hash' || feature.type === 'string' ? ('STRING' as const) : ('DOUBLE' as const),
      data: featureValues(feature),
    })),
  ];
  return new Uint8Array(parquetWriteBuffer({ columnData }));
};

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

const featureValues = (feature: SegmentFeature): (number | string | null)[] => {
  const values = Array.from(feature.data as ArrayLike<number | bigint | string>, (value) => readable(value));
  for (const index of feature.missing) values[index] = null;
  return feature.log === 'hash' ? values.map((value) => (value === null ? null : hash(feature.name, value))) : values;
};

const readable = (value: number | bigint | string): number | string | null => {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return Number(value);
  return Number.isNaN(value) ? null : shortest(value);
};

/** The shortest decimal that is this FP32: 7.3 as the caller wrote it, not 7.300000190734863. */
const shortest = (value: number): number => {
  for (let digits = 7; digits <= 9; digits += 1) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return shorter;
  }
  return value;
};

/** Equal values stay equal and no more is told; the name keeps two features' values apart. */
const hash = (name: string, value: number | string): string =>
  createHash('sha256').update(`${name}\0${value}`).digest('hex').slice(0, 32);
