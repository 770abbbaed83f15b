import { clip } from '../clip.js';
import { readNumber, unreadable, type MetricReading } from './metricReading.js';

const MOST_WORDS = 300;

/**
 * The number in an answer of Prometheus' HTTP API to an instant query: a scalar, or a vector of exactly one series. An
 * empty vector is an error: a query that matches nothing must not look as if nothing were wrong.
 *
 * Source: https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
 *
 * @example readPrometheus({status: 'success', data: {resultType: 'scalar', result: [1.5, '3']}}) // value 3
 */
export const readPrometheus = (answer: unknown): MetricReading => {
  const status = field(answer, 'status');
  if (status === 'error')
    return unreadable(`Prometheus answers ${words(field(answer, 'errorType'))}: ${words(field(answer, 'error'))}`);
  if (status !== 'success') return unreadable('this is no answer of the HTTP API of Prometheus');
  const type = field(field(answer, 'data'), 'resultType');
  const result = field(field(answer, 'data'), 'result');
  if (type !== 'scalar' && type !== 'vector')
    return unreadable(`the query answers a ${words(type)}, and a single number is asked for`);
  if (!Array.isArray(result)) return unreadable('the answer of Prometheus has no result');
  if (type === 'scalar') return readNumber(result[1], 'the answer');
  if (result.length === 0) return unreadable('the query matches no series');
  if (result.length > 1)
    return unreadable(`the query answers ${result.length} series, and one is asked for: aggregate them`);
  const sample = field(result[0], 'value');
  if (!Array.isArray(sample)) return unreadable('the series is no number');
  return readNumber(sample[1], 'the answer');
};

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

const words = (value: unknown): string =>
  typeof value === 'string' ? clip(value, MOST_WORDS) : 'nothing that is text';
