/** Realised quality of a step by the real activity: real segments, real labels, and DuckDB that reads them. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { measureQuality } from '../../activities/measureQuality.js';
import type { MeasuredStep } from '../../activities/measuredStep.js';
import { createDuckdbInferenceLog } from '../../src/adapters/duckdb/inferenceLog.js';
import { createLogMetrics } from '../../src/adapters/duckdb/logMetrics.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { QualitySpec } from '../../src/domain/spec/analysisMetrics.js';
import { createMemoryBlobStore, type MemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { testPorts, type TestPorts } from '../fakes/ports.js';
import { writeSegment } from '../fixtures/segments.js';

const [GOOD, BAD, OLD] = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as [string, string, string];
const REQUESTS = 200;
const place = { model: 'm', environment: 'production' };
const arrival = Date.now();
const never = new AbortController().signal;

let folder: string;
let store: MemoryBlobStore;
let ports: TestPorts;

/** Predicts so much of what is 0 and of what is 1; every second request is one. */
const serve = async (version: string, of: { readonly zero: number; readonly one: number }): Promise<void> => {
  const rows = Array.from({ length: REQUESTS }, (_, request) => ({
    ...{ predictionId: `${version.slice(0, 8)}-${request}#0`, eventTime: arrival, version, features: {} },
    prediction: request % 2 === 0 ? of.zero : of.one,
  }));
  await writeSegment(store, 'm', 'production', rows, arrival);
  const labels = rows.map(({ predictionId }, request) => ({ predictionId, label: request % 2, observedAt: arrival }));
  const log = createDuckdbInferenceLog(store, join(folder, 'labels'));
  await log.appendLabels('m', 'production', version, labels);
};

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-quality-'));
  store = createMemoryBlobStore();
  const base = testPorts();
  ports = {
    ...base,
    metrics: {
      ...base.metrics,
      sql: createLogMetrics(store, { cacheDirectory: join(folder, 'segments'), scratch: folder }),
    },
  };
  await serve(OLD, { zero: 0.2, one: 0.8 });
  await serve(GOOD, { zero: 0.1, one: 0.9 });
  await serve(BAD, { zero: 0.9, one: 0.1 });
});
after(() => rm(folder, { recursive: true, force: true }));

const spec: QualitySpec = { metric: 'brier', maxIncrease: 0.05, minLabels: 100, required: false };
const measure = (
  candidate: string,
  quality: QualitySpec = spec,
  more: { readonly alone?: boolean; readonly since?: number; readonly signal?: AbortSignal } = {},
) => {
  const step = {
    ...place,
    ...{ fence: { epoch: 1, seq: 1 }, step: { weight: 10 }, candidate: `sha256:${candidate}` as Digest, chance: 0.01 },
    analysis: { quality },
  } as unknown as MeasuredStep;
  const versions = [
    { role: 'candidate' as const, version: candidate },
    ...(more.alone === true ? [] : [{ role: 'champion' as const, version: OLD }]),
  ];
  const about = { since: more.since ?? arrival - 60_000, until: arrival + 60_000, versions };
  return measureQuality(ports, step, about, more.signal ?? never);
};
const NOTHING = { counted: [], shown: [] };

describe('realised quality of a step', () => {
  it('passes a candidate that lost less than its champion, with the difference', async () => {
    const { counted, shown } = await measure(GOOD);
    assert.deepEqual(
      counted.map(({ name, verdict }) => [name, verdict]),
      [['quality.brier', 'pass']],
    );
    assert.ok(Math.abs(counted[0]!.value - (0.01 - 0.04)) < 1e-9, String(counted[0]!.value));
    assert.deepEqual(shown, []);
  });

  it('fails one that lost more than it may, by either metric', async () => {
    const [{ verdict, value } = { verdict: '', value: 0 }] = (await measure(BAD)).counted;
    assert.equal(verdict, 'fail');
    assert.ok(Math.abs(value - (0.81 - 0.04)) < 1e-9, String(value));
    const [logLoss] = (await measure(BAD, { ...spec, metric: 'log_loss' })).counted;
    assert.equal(logLoss?.verdict, 'fail');
    assert.ok(Math.abs(logLoss.value - (Math.log(1 / 0.1) - Math.log(1 / 0.8))) < 1e-9, String(logLoss.value));
  });

  it('shows too few labels, which hold a step up only where its spec says so', async () => {
    const many = { ...spec, minLabels: REQUESTS + 1 };
    const { counted, shown } = await measure(BAD, many);
    assert.deepEqual(counted, []);
    assert.deepEqual(
      shown.map(({ verdict, reason }) => [verdict, reason]),
      [['insufficient_data', `candidate: ${REQUESTS} of ${REQUESTS + 1} labels`]],
    );
    const required = await measure(BAD, { ...many, required: true });
    assert.deepEqual([required.counted.map(({ verdict }) => verdict), required.shown], [['insufficient_data'], []]);
  });

  it('is of the interval of the step alone', async () => {
    const { counted } = await measure(BAD, { ...spec, required: true }, { since: arrival + 30_000 });
    assert.deepEqual(
      counted.map(({ verdict }) => verdict),
      ['insufficient_data'],
    );
  });

  it('is not asked where nothing declares it, or there is nobody to compare with', async () => {
    const asked = { ...ports, metrics: testPorts().metrics };
    const none = { ...place, analysis: {}, chance: 0.01 } as unknown as MeasuredStep;
    const about = { since: 0, until: 1, versions: [] };
    assert.deepEqual(await measureQuality(asked, none, about, never), NOTHING);
    assert.deepEqual(await measure(BAD, spec, { alone: true }), NOTHING);
  });

  it('twice says the same, and of a store that is away that nobody could look', async () => {
    assert.deepEqual(await measure(GOOD), await measure(GOOD));
    store.fail(new SlipwayError('store_unreachable', 'no store'));
    try {
      const { counted } = await measure(GOOD);
      assert.deepEqual(
        counted.map(({ verdict, reason }) => [verdict, /no store/.test(reason ?? '')]),
        [['error', true]],
      );
    } finally {
      store.fail();
    }
  });

  it('ends when it is cancelled', async () => {
    const cancel = new AbortController();
    const measuring = measure(GOOD, spec, { signal: cancel.signal });
    cancel.abort();
    await assert.rejects(measuring);
  });
});
