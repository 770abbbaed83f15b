/**
 * A server of metrics for tests. It answers `/api/v1/query` in the shapes that the documentation of Prometheus' HTTP API
 * gives, for selectors of one metric with equality matchers, and `/number/…` with JSON; other paths misbehave.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** As Prometheus writes it: `0.25`, `NaN`, `+Inf`. */
  readonly value: string;
}

export interface MetricServer {
  /** Without a slash at its end. */
  readonly url: string;
  readonly host: string;
  /** Paths, and what they were authorised with. */
  readonly asked: { readonly path: string; readonly authorization: string | undefined }[];
  close(): Promise<void>;
}

export const startMetricServer = async (series: readonly Series[]): Promise<MetricServer> => {
  const asked: { path: string; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://test');
    asked.push({ path: request.url ?? '', authorization: request.headers.authorization });
    if (url.pathname.endsWith('/api/v1/query')) answerQuery(series, url, response);
    else answerPath(series, url, request, response);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  const host = `127.0.0.1:${port}`;
  return { url: `http://${host}`, host, asked, close: () => closed(server) };
};

const closed = (server: Server): Promise<void> =>
  new Promise((done) => {
    server.closeAllConnections();
    server.close(() => done());
  });

const send = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
};

const answerQuery = (series: readonly Series[], url: URL, response: ServerResponse): void => {
  const query = url.searchParams.get('query') ?? '';
  const at = Number(url.searchParams.get('time'));
  if (query === 'scalar(vector(7))')
    return send(response, 200, { status: 'success', data: { resultType: 'scalar', result: [at, '7'] } });
  if (query === 'hang') return;
  const selector = /^([a-z_]+)\{(.*)\}$/s.exec(query);
  const matchers = selector === null ? undefined : matchersOf(selector[2] ?? '');
  if (selector === null || matchers === undefined)
    return send(response, 400, {
      status: 'error',
      errorType: 'bad_data',
      error: 'invalid parameter "query": 1:1: parse error',
    });
  const result = series
    .filter(({ name, labels }) => name === selector[1] && matchers.every(([label, value]) => labels[label] === value))
    .map(({ name, labels, value }) => ({ metric: { __name__: name, ...labels }, value: [at, value] }));
  return send(response, 200, { status: 'success', data: { resultType: 'vector', result } });
};

/** `a="b",c="d"` with the escapes of PromQL; undefined for anything else. */
const matchersOf = (text: string): readonly (readonly [string, string])[] | undefined => {
  const found: (readonly [string, string])[] = [];
  for (let rest = text; rest !== '';) {
    const one = /^([a-z_]+)="((?:[^"\\\n]|\\x[0-9a-f]{2}|\\["\\n])*)"(?:,|$)/.exec(rest);
    if (one === null) return undefined;
    const value = (one[2] ?? '').replace(/\\x([0-9a-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(parseInt(hex, 16)),
    );
    found.push([one[1] ?? '', value]);
    rest = rest.slice(one[0].length);
  }
  return found;
};

const answerPath = (series: readonly Series[], url: URL, request: IncomingMessage, response: ServerResponse): void => {
  const [, first = '', second = ''] = url.pathname.split('/').map(decodeURIComponent);
  switch (first) {
    case 'number': {
      const found = series.find(
        ({ name, labels }) =>
          name === 'quality' && labels['version'] === second && labels['model'] === url.searchParams.get('model'),
      );
      return send(response, 200, { data: [{ 'a/b': found === undefined ? null : Number(found.value) }] });
    }
    case 'text':
      return send(response, 200, { data: [{ 'a/b': 'much' }] });
    case 'elsewhere':
      response.writeHead(302, { location: '/number/elsewhere' });
      return void response.end();
    case 'endless': {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = (): void => {
        while (!response.destroyed && response.write(' '.repeat(64 * 1024)));
      };
      response.on('drain', more);
      return more();
    }
    case 'page':
      return send(response, 200, '<html>');
    case 'tells':
      return send(response, 200, { status: 'error', errorType: 'x', error: request.headers.authorization });
    case 'hang':
      return;
    default:
      return send(response, 404, {});
  }
};
