import { fillQuery, type QueryVariable } from '../../domain/rollout/fillQuery.js';
import { unreadable } from '../../domain/rollout/metricReading.js';
import { readPrometheus } from '../../domain/rollout/readPrometheus.js';
import type { PrometheusQuery } from '../../domain/spec/analysisMetrics.js';
import type { MetricQuestion, MetricSource } from '../../ports/metricSource.js';
import { getJson, type MetricHosts } from './getJson.js';

type Question = MetricQuestion<PrometheusQuery>;

/** Instant queries at the end of the interval, over the HTTP API of Prometheus and whatever speaks it. */
export const createPrometheusMetrics = (hosts: MetricHosts): MetricSource<PrometheusQuery> => ({
  ask: (question, signal) =>
    Promise.all(
      question.versions.map(async (version) => {
        const url = new URL(`${question.query.url.replace(/\/+$/, '')}/api/v1/query`);
        url.searchParams.set('query', fillQuery(question.query.query, valueOf(question, version)));
        url.searchParams.set('time', seconds(question.until));
        const token = question.secret === undefined ? {} : { token: question.secret };
        const answer = await getJson(url, { ...hosts, ...token }, question.timeoutMs, signal);
        return 'problem' in answer ? unreadable(answer.problem) : readPrometheus(answer.body);
      }),
    ),
});

/** Instants as `@` takes them, and the interval as a range takes it: `[{{interval}}]`. */
const valueOf =
  ({ since, until, model, environment }: Question, { role, version }: Question['versions'][number]) =>
  (variable: QueryVariable): string => {
    switch (variable) {
      case 'since':
        return seconds(since);
      case 'until':
        return seconds(until);
      case 'interval':
        return `${Math.max(1, Math.ceil((until - since) / 1000))}s`;
      default:
        return inString({ role, version, model, environment }[variable]);
    }
  };

const seconds = (at: number): string => (at / 1000).toFixed(3);

/** Within a PromQL string of either quote; a raw string of backticks knows no escape, so none can be ended in it. */
const inString = (text: string): string =>
  text.replace(/[\\"'\n\r`]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
