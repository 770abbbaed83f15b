import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { askCommand } from '../../activities/commandMetrics.js';
import { createDuckdbInferenceLog } from '../../src/adapters/duckdb/inferenceLog.js';
import { createLogMetrics } from '../../src/adapters/duckdb/logMetrics.js';
import { createHttpMetrics } from '../../src/adapters/metrics-http/httpMetrics.js';
import { createPrometheusMetrics } from '../../src/adapters/metrics-http/prometheusMetrics.js';
import { qualityQueries } from '../../src/domain/rollout/judgeQuality.js';
import { ROW_LOSSES } from '../../src/domain/statistics/rowLosses.js';
import type { MetricReading } from '../../src/domain/rollout/metricReading.js';
import type { CommandQuery, HttpQuery, PrometheusQuery, SqlQuery } from '../../src/domain/spec/analysisMetrics.js';
import type { MetricQuestion } from '../../src/ports/metricSource.js';
import { openBuildScene, MODEL } from '../activities/buildScene.js';
import { putJson } from '../../activities/documents.js';
import { buildManifest, LAYERS, MEDIA_TYPES } from '../../src/domain/artifact/manifest.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { askedBy } from '../fixtures/askedBy.js';
import { repositoryFiles } from '../fixtures/incidents/repository.js';
import { writeSegment } from '../fixtures/segments.js';
import { startMetricServer, type MetricServer, type Series } from '../servers/metricServer.js';
import { CANDIDATE, CHAMPION, describeMetricSource, type MetricScene } from './metricSource.js';

const SERIES: readonly Series[] = [
  { name: 'quality', labels: { version: CANDIDATE, model: 'm' }, value: '0.25' },
  { name: 'quality', labels: { version: CHAMPION, model: 'm' }, value: '0.5' },
  { name: 'undefined_share', labels: { version: CANDIDATE }, value: 'NaN' },
  { name: 'undefined_share', labels: { version: CHAMPION }, value: '+Inf' },
];

const prometheus = (url: string, query: string): PrometheusQuery => ({ kind: 'prometheus', url, query });

const openPrometheus = async (): Promise<MetricScene> => {
  const server = await startMetricServer(SERIES);
  const source = createPrometheusMetrics({ hosts: [server.host] });
  const of = (query: string) => prometheus(server.url, query);
  return {
    ask: (question, signal) => source.ask(question as MetricQuestion<PrometheusQuery>, signal),
    queries: {
      quality: of('quality{version="{{version}}",model="{{model}}"}'),
      text: of('undefined_share{version="{{version}}"}'),
      nothing: of('absent{version="{{version}}"}'),
      endless: of('hang'),
      broken: of('quality{{{version}}'),
    },
    close: server.close,
  };
};

const openHttp = async (): Promise<MetricScene> => {
  const server = await startMetricServer(SERIES);
  const source = createHttpMetrics({ hosts: [server.host] });
  const of = (path: string): HttpQuery => ({ kind: 'http', url: server.url + path, pointer: '/data/0/a~1b' });
  return {
    ask: (question, signal) => source.ask(question as MetricQuestion<HttpQuery>, signal),
    queries: {
      quality: of('/number/{{version}}?model={{model}}'),
      text: of('/text'),
      nothing: of('/number/none?model={{model}}'),
      endless: of('/hang'),
      broken: of('/page'),
    },
    close: server.close,
  };
};

const rows = (version: string, route: 'champion' | 'candidate', predictions: readonly number[]) =>
  predictions.map((prediction, index) => ({
    predictionId: `${version.slice(0, 4)}-${route}#${index}`,
    eventTime: Date.now() - 86_400_000,
    version,
    route,
    prediction,
    features: {},
  }));

const openSql = async (): Promise<MetricScene> => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-metrics-'));
  const store = createMemoryBlobStore();
  await writeSegment(store, 'm', 'production', rows(CANDIDATE, 'candidate', [0.2, 0.3]), Date.now());
  await writeSegment(store, 'm', 'production', rows(CHAMPION, 'champion', [0.4, 0.6]), Date.now());
  const source = createLogMetrics(store, { cacheDirectory: join(folder, 'segments'), scratch: folder });
  const of = (query: string): SqlQuery => ({ kind: 'sql', query });
  return {
    ask: (question, signal) => source.ask(question as MetricQuestion<SqlQuery>, signal),
    queries: {
      quality: of(`SELECT avg(prediction) AS value, count(*) AS samples FROM predictions
        WHERE version = {{version}} AND {{model}} = 'm' AND arrival_time >= {{since}}`),
      text: of(`SELECT version AS value FROM predictions LIMIT 1`),
      nothing: of('SELECT avg(prediction) AS value FROM predictions WHERE version = {{version}} AND false'),
      endless: of('SELECT sum(a.range * b.range) AS value FROM range(100000000) a, range(1000000) b'),
      broken: of('SELECT value FROM elsewhere'),
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
};

const COMMAND = `cat > measure.mjs <<'END'
import { writeFileSync } from 'node:fs';
const { SLIPWAY_METRIC_VERSION: version, SLIPWAY_METRIC_MODEL: model } = process.env;
const value = { ${CANDIDATE}: 0.25, ${CHAMPION}: 0.5 }[version];
if (model === 'm') writeFileSync('metric.json', JSON.stringify({ value, samples: 10 }));
END
node measure.mjs`;

const openCommand = async (): Promise<MetricScene> => {
  const scene = openBuildScene();
  const commit = scene.repository.commit({
    'slipway.yaml': repositoryFiles('sound')['slipway.yaml']!.replace(/^install:[^]*?(?=^\w)/m, ''),
  });
  const { store } = scene.ports;
  const lineage = await putJson(store, { model: MODEL, repository: MODEL, commit, params: {} });
  const layer = { path: LAYERS.lineage, mediaType: MEDIA_TYPES.doc, digest: lineage, size: 1 };
  const artifact = await putJson(store, buildManifest({ digest: lineage, size: 1 }, [layer], {}));
  const of = (run: string): CommandQuery => ({ kind: 'command', run, writes: 'metric.json' });
  return {
    ask: (question, signal) => {
      const environment = askedBy('rollout/m/production/1');
      signal.addEventListener('abort', () => environment.cancel());
      return environment.run(
        (asked: MetricQuestion<CommandQuery>) => askCommand(scene.ports, artifact, asked, signal),
        question as MetricQuestion<CommandQuery>,
      );
    },
    queries: {
      quality: of(COMMAND),
      text: of(`echo '{"value": "much"}' > metric.json`),
      nothing: of('true'),
      endless: of('sleep 600'),
      broken: of(`echo '{' > metric.json; exit 3`),
    },
    close: async () => scene.close(),
  };
};

describeMetricSource('Prometheus (its HTTP API, played)', openPrometheus);
describeMetricSource('JSON over HTTP', openHttp);
describeMetricSource('SQL (DuckDB)', openSql);
describeMetricSource('command', openCommand);

const never = new AbortController().signal;
const about = {
  model: 'm',
  environment: 'production',
  since: Date.now() - 600_000,
  until: Date.now() + 60_000,
  timeoutMs: 10_000,
  versions: [{ role: 'candidate' as const, version: CANDIDATE }],
};

describe('metrics over HTTP', () => {
  let server: MetricServer;
  before(async () => (server = await startMetricServer(SERIES)));
  after(() => server.close());
  const reasonOf = async (path: string, hosts: readonly string[], secret?: string): Promise<string> => {
    const query: HttpQuery = { kind: 'http', url: path.startsWith('http') ? path : server.url + path, pointer: '' };
    const question = { ...about, query, ...(secret === undefined ? {} : { secret }) };
    const [reading] = await createHttpMetrics({ hosts }).ask(question, never);
    return reading?.kind === 'value' ? 'value' : (reading?.reason ?? '');
  };

  it('asks no host that the operator does not list, by port or by name', async () => {
    const before = server.asked.length;
    for (const hosts of [[], ['127.0.0.1'], ['localhost:1'], ['127.0.0.1:1']])
      assert.match(await reasonOf('/text', hosts), /is not listed under metrics\.hosts/);
    assert.match(await reasonOf(`http://user@${server.host}/text`, [server.host]), /is not listed/);
    assert.equal(server.asked.length, before, 'nobody was asked');
  });

  it('goes nowhere else, and reads no more than a mebibyte', async () => {
    const before = server.asked.length;
    assert.match(await reasonOf('/elsewhere', [server.host]), /answers 302: it is not followed/);
    assert.equal(server.asked.length, before + 1);
    assert.match(await reasonOf('/endless', [server.host]), /more than 1048576 bytes/);
    assert.match(await reasonOf('/missing', [server.host]), /answers 404/);
  });

  it('sends a secret in a header and nowhere else', async () => {
    const before = server.asked.length;
    await reasonOf('/number/x?model=m', [server.host], 'hidden-token');
    const { path, authorization } = server.asked[before]!;
    assert.deepEqual([path.includes('hidden'), authorization], [false, 'Bearer hidden-token']);
  });

  it('takes a scalar of Prometheus, and one series of several for none', async () => {
    const source = createPrometheusMetrics({ hosts: [server.host] });
    const ask = async (query: string): Promise<MetricReading | undefined> =>
      (await source.ask({ ...about, query: prometheus(server.url, query) }, never))[0];
    assert.deepEqual(await ask('scalar(vector(7))'), { kind: 'value', value: 7 });
    const several = await ask('quality{model="m"}');
    assert.match(several?.kind === 'error' ? several.reason : '', /2 series/);
  });
});

describe('metrics by SQL', () => {
  let folder: string;
  const store = createMemoryBlobStore();
  const arrival = Date.now();
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-metrics-'));
    await writeSegment(store, 'm', 'production', rows(CANDIDATE, 'candidate', [0.2, 0.3, 0.9]), arrival);
    await writeSegment(store, 'm', 'production', rows(CANDIDATE, 'champion', [1]), arrival - 7_200_000);
    const labels = createDuckdbInferenceLog(store, join(folder, 'labels'));
    const known = rows(CANDIDATE, 'candidate', [0, 0]).map(({ predictionId, eventTime }, index) => ({
      predictionId,
      label: index,
      observedAt: eventTime + 3_600_000,
    }));
    await labels.appendLabels('m', 'production', 'batch', known);
  });
  after(() => rm(folder, { recursive: true, force: true }));
  const ask = async (query: string): Promise<MetricReading | undefined> => {
    const source = createLogMetrics(store, { cacheDirectory: join(folder, 'segments'), scratch: folder });
    return (await source.ask({ ...about, query: { kind: 'sql', query } }, never))[0];
  };

  it('sees the rows of the interval, and the labels that they have', async () => {
    assert.deepEqual(await ask('SELECT count(*) AS value, count(label) AS samples FROM predictions'), {
      kind: 'value',
      value: 3,
      samples: 2,
    });
    assert.deepEqual(await ask('SELECT sum(label)::DECIMAL(9, 2) FROM predictions'), { kind: 'value', value: 1 });
  });

  it('opens nothing else, writes nothing, and cannot be told otherwise', async () => {
    for (const query of [
      `SELECT count(*) AS value FROM read_csv('/etc/passwd', header = false)`,
      `SELECT 1 AS value FROM read_text('/proc/self/environ')`,
      `COPY (SELECT 1 AS value) TO '${folder}/written.csv'`,
      'SET enable_external_access = true',
      'SELECT 1 AS value; SELECT 2 AS value',
      `ATTACH '${folder}/other.db'`,
      'INSTALL httpfs',
    ]) {
      const reading = await ask(query);
      assert.equal(reading?.kind, 'error', `${query}: ${JSON.stringify(reading)}`);
    }
  });

  it('takes one row for an answer', async () => {
    const several = await ask('SELECT prediction AS value FROM predictions');
    assert.match(several?.kind === 'error' ? several.reason : '', /several rows/);
    const infinite = await ask(`SELECT 'Infinity'::DOUBLE AS value`);
    assert.match(infinite?.kind === 'error' ? infinite.reason : '', /no limit can be compared/);
    assert.equal((await ask('SELECT 1 AS value WHERE false'))?.kind, 'insufficient_data');
  });

  it('says what a version lost on its labelled rows, requests being the sample', async () => {
    for (const metric of ['brier', 'log_loss'] as const) {
      const queries = qualityQueries(metric);
      // Two labelled rows of one request: 0.2 of 0, and 0.3 of 1.
      const losses = [ROW_LOSSES[metric](0.2, 0), ROW_LOSSES[metric](0.3, 1)];
      const mean = await ask(queries.mean);
      assert.ok(mean?.kind === 'value' && mean.samples === 2, JSON.stringify(mean));
      assert.ok(Math.abs(mean.value - (losses[0]! + losses[1]!) / 2) < 1e-12, `${mean.value}`);
      // Of one request nobody knows how requests differ.
      assert.equal((await ask(queries.variance))?.kind, 'insufficient_data');
    }
  });

  it('takes the variance of that mean from how requests differ, not rows', async () => {
    const own = createMemoryBlobStore();
    const predictions = [0.1, 0.4, 0.8];
    for (const [request, prediction] of predictions.entries())
      await writeSegment(
        own,
        'm',
        'production',
        [0, 1].map((row) => ({
          predictionId: `r${request}#${row}`,
          eventTime: arrival - 86_400_000,
          version: CANDIDATE,
          prediction,
          features: {},
        })),
        arrival,
      );
    const log = createDuckdbInferenceLog(own, join(folder, 'own-labels'));
    const labels = predictions.flatMap((_, request) =>
      [0, 1].map((row) => ({ predictionId: `r${request}#${row}`, label: 0, observedAt: arrival })),
    );
    await log.appendLabels('m', 'production', 'batch', labels);
    const source = createLogMetrics(own, { cacheDirectory: join(folder, 'own'), scratch: folder });
    const query = { kind: 'sql' as const, query: qualityQueries('brier').variance };
    const [reading] = await source.ask({ ...about, query }, never);
    const losses = predictions.map((prediction) => prediction ** 2);
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / 3;
    const wanted = (losses.reduce((sum, loss) => sum + (2 * (loss - mean)) ** 2, 0) / 6 ** 2) * (3 / 2);
    assert.ok(reading?.kind === 'value' && reading.samples === 6, JSON.stringify(reading));
    assert.ok(Math.abs(reading.value - wanted) < 1e-12, `${reading.value}, not ${wanted}`);
  });
});
