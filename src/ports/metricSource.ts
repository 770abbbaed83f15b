import type { MetricReading } from '../domain/rollout/metricReading.js';
import type { HttpQuery, MetricQuery, PrometheusQuery, SqlQuery } from '../domain/spec/analysisMetrics.js';

/** What is asked about: the same interval for every version, wall clock, epoch milliseconds. */
export interface MetricQuestion<Q extends MetricQuery> {
  readonly query: Q;
  readonly model: string;
  readonly environment: string;
  readonly since: number;
  readonly until: number;
  /** `version`: 64 hex digits, as logs and metrics of the serving node name it. */
  readonly versions: readonly { readonly role: 'candidate' | 'champion'; readonly version: string }[];
  /** Of the secret that the query names; never part of an answer. */
  readonly secret?: string;
  readonly timeoutMs: number;
}

/**
 * Where a metric is asked for. Answers one reading per version, in their order; whatever goes wrong is a reading, too.
 * Rejects only where `signal` ends it, with its reason.
 */
export interface MetricSource<Q extends MetricQuery> {
  ask(question: MetricQuestion<Q>, signal: AbortSignal): Promise<readonly MetricReading[]>;
}

export interface MetricSources {
  readonly prometheus: MetricSource<PrometheusQuery>;
  readonly sql: MetricSource<SqlQuery>;
  readonly http: MetricSource<HttpQuery>;
}
