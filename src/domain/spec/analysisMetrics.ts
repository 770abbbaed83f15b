/** Metrics of one's own that a canary is judged by, beside what the target counts: `analysis.metrics` of slipway.yaml. */

import type { LossName } from './metrics.js';

export interface PrometheusQuery {
  readonly kind: 'prometheus';
  /** Base of the server, such as `https://prometheus.example:9090`. */
  readonly url: string;
  readonly query: string;
  /** Name of the secret that is sent as a bearer token. */
  readonly secret?: string;
}

export interface SqlQuery {
  readonly kind: 'sql';
  /** One SELECT over `predictions`: the step's interval of the prediction log, with labels. */
  readonly query: string;
}

export interface HttpQuery {
  readonly kind: 'http';
  readonly url: string;
  /** Where the number stands in the JSON that is answered (RFC 6901); empty: it is the whole of it. */
  readonly pointer: string;
  readonly secret?: string;
}

export interface CommandQuery {
  readonly kind: 'command';
  readonly run: string;
  /** File below the checkout that it writes `{"value": …, "samples": …}` to. */
  readonly writes: string;
  readonly network?: boolean;
}

export type MetricQuery = PrometheusQuery | SqlQuery | HttpQuery | CommandQuery;

export interface AnalysisMetric {
  readonly name: string;
  readonly query: MetricQuery;
  /** Bounds of the candidate's own value. */
  readonly max?: number;
  readonly min?: number;
  /** Bounds of the candidate's value less the champion's, on the same interval. */
  readonly maxIncrease?: number;
  readonly maxDecrease?: number;
  /** `maxIncrease` and `maxDecrease` are shares of the champion's value. */
  readonly relative?: boolean;
  /** Beyond a bound by no more than this it is inconclusive, and looked at again. */
  readonly margin?: number;
  /** Fewer samples, of either version, are `insufficient_data`. */
  readonly minSamples?: number;
  /** Only so much of the step's interval is asked for, its end; absent: all of it. */
  readonly intervalMs?: number;
  readonly timeoutMs: number;
}

/** What both versions really lost on the step's interval, where labels are there. */
export interface QualitySpec {
  readonly metric: LossName;
  /** The most that the candidate may lose above the champion, on average. */
  readonly maxIncrease: number;
  /** Fewer labelled rows, of either version, are `insufficient_data`. */
  readonly minLabels: number;
  /** Too few labels hold the step up; else it goes on without. */
  readonly required: boolean;
}

export const BOUNDS = ['max', 'min', 'maxIncrease', 'maxDecrease'] as const;

/** Whether the champion is asked at all. */
export const comparesWithChampion = ({ maxIncrease, maxDecrease }: AnalysisMetric): boolean =>
  maxIncrease !== undefined || maxDecrease !== undefined;
