import { fillQuery, type QueryVariable } from '../../domain/rollout/fillQuery.js';
import { atPointer } from '../../domain/rollout/jsonPointer.js';
import { readNumber, unreadable } from '../../domain/rollout/metricReading.js';
import type { HttpQuery } from '../../domain/spec/analysisMetrics.js';
import type { MetricQuestion, MetricSource } from '../../ports/metricSource.js';
import { getJson, type MetricHosts } from './getJson.js';

type Question = MetricQuestion<HttpQuery>;

/** A number somewhere in a JSON document that an address answers with. */
export const createHttpMetrics = (hosts: MetricHosts): MetricSource<HttpQuery> => ({
  ask: (question, signal) =>
    Promise.all(
      question.versions.map(async (version) => {
        const { query, secret, timeoutMs } = question;
        const url = new URL(fillQuery(query.url, valueOf(question, version)));
        const token = secret === undefined ? {} : { token: secret };
        const answer = await getJson(url, { ...hosts, ...token }, timeoutMs, signal);
        if ('problem' in answer) return unreadable(answer.problem);
        if (answer.status !== 200) return unreadable(`${url.host} answers ${answer.status}`);
        const what = query.pointer === '' ? `what ${url.host} answers` : `${query.pointer} in what ${url.host} answers`;
        return readNumber(atPointer(answer.body, query.pointer), what);
      }),
    ),
});

/** A value is one part of a path or of a query, whatever is in it. */
const valueOf =
  ({ since, until, model, environment }: Question, { role, version }: Question['versions'][number]) =>
  (variable: QueryVariable): string => {
    const instant = (at: number): string => new Date(at).toISOString();
    const interval = String(Math.ceil((until - since) / 1000));
    const values = { role, version, model, environment, interval, since: instant(since), until: instant(until) };
    return encodeURIComponent(values[variable]);
  };
