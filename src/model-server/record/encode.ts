import { createHash } from 'node:crypto';
import { differentTexts, integers, numbers, perRequest, texts, type Column } from './parquet/column.js';
import { parquetFile } from './parquet/file.js';
import type { Segment, SegmentFeature } from './segment.js';

/** A segment of the prediction log as Parquet, one row per predicted row. */
export const encodeSegment = (segment: Segment): Uint8Array<ArrayBuffer> => {
  const { rows, requests, version } = segment;
  const lengths = requests.map((request) => request.rows);
  const same = (
    name: string,
    type: 'INT64' | 'DOUBLE' | 'BYTE_ARRAY',
    value: (request: Segment['requests'][number]) => number | string | null,
  ): Column => perRequest(name, type, requests.map(value), lengths);
  return parquetFile(rows, [
    differentTexts('prediction_id', predictionIds(segment)),
    same('request_id', 'BYTE_ARRAY', ({ requestId }) => requestId),
    integers('row', rowNumbers(segment)),
    same('event_time', 'INT64', ({ eventTime }) => eventTime),
    same('arrival_time', 'INT64', ({ arrivalTime }) => arrivalTime),
    same('version', 'BYTE_ARRAY', () => version),
    same('route', 'BYTE_ARRAY', ({ route }) => route),
    same('latency_ms', 'DOUBLE', ({ latencyMs }) => latencyMs),
    same('trace_id', 'BYTE_ARRAY', ({ traceId }) => traceId ?? null),
    numbers('prediction', segment.predictions.subarray(0, rows)),
    ...segment.features.map((feature) => featureColumn(feature, rows)),
  ]);
};

/** `<request ID>#<row>`, each with its length before it. */
const predictionIds = ({ requests }: Segment): Buffer => {
  const most = requests.reduce((sum, { requestId, rows }) => sum + rows * (4 + Buffer.byteLength(requestId) + 8), 0);
  const bytes = Buffer.allocUnsafe(most);
  let at = 0;
  for (const { requestId, rows } of requests) {
    const prefix = Buffer.from(`${requestId}#`);
    for (let row = 0; row < rows; row += 1) {
      bytes.set(prefix, at + 4);
      const length = prefix.length + bytes.write(String(row), at + 4 + prefix.length, 'latin1');
      bytes.writeUInt32LE(length, at);
      at += 4 + length;
    }
  }
  return bytes.subarray(0, at);
};

const rowNumbers = ({ rows: all, requests }: Segment): Int32Array => {
  const numbered = new Int32Array(all);
  let at = 0;
  for (const { rows } of requests) for (let row = 0; row < rows; row += 1, at += 1) numbered[at] = row;
  return numbered;
};

const featureColumn = ({ name, log, data, missing }: SegmentFeature, rows: number): Column => {
  const column = `f_${name}`;
  if (log === 'hash') return texts(column, hashes(name, Array.isArray(data) ? data : readable(data, missing, rows)));
  return Array.isArray(data) ? texts(column, data) : numbers(column, readable(data, missing, rows));
};

/** Numbers of a feature as they are written; NaN where one is missing. */
const readable = (
  data: Exclude<SegmentFeature['data'], string[]>,
  missing: readonly number[],
  rows: number,
): Float64Array => {
  const values = new Float64Array(rows);
  if (data instanceof Float32Array) for (let row = 0; row < rows; row += 1) values[row] = shortest(data[row]!);
  else for (let row = 0; row < rows; row += 1) values[row] = Number(data[row]!);
  for (const row of missing) values[row] = Number.NaN;
  return values;
};

/** The decimal of up to six places that is this FP32: 7.3 as the caller wrote it, not 7.300000190734863. */
const shortest = (value: number): number => {
  // So close to 0 the steps of FP32 are below those of six places: what is no decimal of six is none of fewer, and one of fewer is the same quotient.
  if (value < 8 && value > -8) {
    const shorter = Math.round(value * 1e6) / 1e6;
    return Math.fround(shorter) === value ? shorter : value;
  }
  for (let scale = 1; scale <= 1e6; scale *= 100) {
    const shorter = Math.round(value * scale) / scale;
    if (Math.fround(shorter) === value) return shorter;
  }
  return value;
};

const hashes = (name: string, values: ArrayLike<number | string>): (string | null)[] => {
  const known = new Map<number | string, string>();
  return Array.from(values, (value) => {
    if (Number.isNaN(value)) return null;
    let hashed = known.get(value);
    if (hashed === undefined) known.set(value, (hashed = hash(name, value)));
    return hashed;
  });
};

/** Equal values stay equal and no more is told; the name keeps two features' values apart. */
const hash = (name: string, value: number | string): string =>
  createHash('sha256').update(`${name}\0${value}`).digest('hex').slice(0, 32);
