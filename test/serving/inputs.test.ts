import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exchange } from '../../src/transport/exchange.js';
import type { FeatureSpec } from '../../src/domain/spec/types.js';
import { makeArtifact, SIGNATURE, testModel, type ArtifactOptions } from '../fixtures/artifact.js';
import { eventually } from '../fixtures/eventually.js';
import { infer, inferBody, type InferAnswer } from '../fixtures/inferRequests.js';
import { matrix } from '../fixtures/onnx/graphs.js';
import { loggedRows } from '../fixtures/loggedRows.js';
import { startStandalone, type Standalone } from './standalone.js';

const serving = async (
  model: Uint8Array,
  options: ArtifactOptions,
  story: (alone: Standalone) => Promise<void>,
): Promise<void> => {
  const alone = await startStandalone(makeArtifact(model, options));
  try {
    await alone.server.ready;
    await story(alone);
  } finally {
    await alone.stop();
  }
};

const metricsOf = async ({ url }: Standalone): Promise<string> => (await fetch(`${url}/metrics`)).text();

/** Value of the one line with this name and these labels among others; undefined where there is none. */
const metric = (text: string, name: string, labels: Readonly<Record<string, string>> = {}): number | undefined => {
  const line = text
    .split('\n')
    .find(
      (one) =>
        one.startsWith(`${name}{`) && Object.entries(labels).every(([key, is]) => one.includes(`${key}="${is}"`)),
    );
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ')));
};

/** The test model's signature with more said of some features. */
const saying = (more: Readonly<Record<string, Partial<FeatureSpec>>>): ArtifactOptions => ({
  signature: { ...SIGNATURE, features: SIGNATURE.features.map((one) => ({ ...one, ...more[one.name] })) },
});

const warnings = ({ body }: InferAnswer): unknown => (body.parameters as { warnings?: unknown }).warnings;

describe('what slipway.yaml says of values', () => {
  const ranges = saying({
    hour: { min: 0, max: 23.1 },
    distance: { min: 1 },
    origin: { categories: ['a', 'b'] },
  });

  it('is a warning in the answer, and counted', () =>
    serving(testModel(0.1), ranges, async (alone) => {
      const rows = [
        { hour: 24, distance: 0, origin: 'z' },
        { hour: -1, distance: 5, origin: 'y' },
        { hour: 30, distance: null, origin: '' },
      ];
      const answer = await infer(alone.url, inferBody(rows));
      assert.equal(answer.status, 200);
      assert.equal(
        warnings(answer),
        'hour: 1 row below 0; hour: 2 rows above 23.1; distance: 1 row below 1; origin: 2 rows of no known category',
      );
      const usual = await infer(alone.url, inferBody([{ hour: 23.1, distance: 1, origin: 'b' }]));
      assert.equal(warnings(usual), undefined, '23.1 of FP32 is not above 23.1');
      await eventually(async () => {
        const text = await metricsOf(alone);
        const counted = (feature: string, kind: string) =>
          metric(text, 'slipway_feature_warnings_total', { feature, kind });
        assert.deepEqual([counted('hour', 'above'), counted('origin', 'unknown_category')], [2, 2]);
      });
    }));

  it('is a refusal where it says so, with the row', () =>
    serving(
      testModel(0.1),
      saying({ hour: { missing: 'refuse' }, distance: { missing: 'refuse' }, origin: { missing: 'refuse' } }),
      async (alone) => {
        const ask = (row: Parameters<typeof inferBody>[0][number]) =>
          infer(alone.url, inferBody([{ hour: 1, distance: 1, origin: 'a' }, row]));
        for (const [row, reason] of [
          [{ hour: null, distance: 1, origin: 'a' }, /^hour: row 1 is missing; expected inputs/],
          [{ hour: 1, distance: null, origin: 'a' }, /^distance: row 1 is missing; expected/],
          [{ hour: 1, distance: 1, origin: '' }, /^origin: row 1 is missing; expected/],
        ] as const) {
          const { status, body } = await ask(row);
          assert.equal(status, 400);
          assert.match(body.error ?? '', reason);
        }
        assert.equal((await ask({ hour: 1, distance: 1, origin: 'b' })).status, 200);
      },
    ));

  it('lets infinite numbers in where it says so', () =>
    serving(testModel(0.1), saying({ hour: { infinite: 'allow', max: 24 } }), async (alone) => {
      const answer = await infer(
        alone.url,
        inferBody([{ hour: 7.3, distance: 1, origin: 'a' }]).replace('7.3', 'Infinity'),
      );
      assert.deepEqual([answer.status, answer.body.outputs?.[0]?.data], [200, [1]]);
      assert.equal(warnings(answer), 'hour: 1 row above 24');
    }));
});

describe("a model as scikit-learn's converters make it: one input for all features, both classes as output", () => {
  const features: readonly FeatureSpec[] = [
    { name: 'hour', type: 'number', log: 'value', max: 24 },
    { name: 'distance', type: 'number', log: 'value' },
  ];
  const options: ArtifactOptions = {
    signature: { ...SIGNATURE, features, prediction: 'probabilities' },
    reference: { features: { distance: { kind: 'numeric', edges: [10], counts: [1, 1, 0] } } } as never,
    smoke: { columns: { hour: [1, null], distance: [2, 3] }, expected: [0.5, 0.5] },
  };
  const request = JSON.stringify({
    inputs: [{ name: 'X', datatype: 'FP32', shape: [2, 2], data: [25, 5, 1, 20] }],
  });

  it('is warmed up with its smoke rows, answers, warns, counts and logs by feature', () =>
    serving(matrix([0.1, -0.2]), options, async (alone) => {
      const answer = await infer(alone.url, request);
      assert.equal(answer.status, 200, answer.body.error);
      const { data, shape } = answer.body.outputs![0]!;
      assert.deepEqual(shape, [2, 2]);
      const positive = [0.1 * 25 - 0.2 * 5, 0.1 * 1 - 0.2 * 20].map((margin) => 1 / (1 + Math.exp(-margin)));
      for (const [row, expected] of positive.entries()) assert.ok(Math.abs(data[2 * row + 1]! - expected) < 1e-6);
      assert.equal(warnings(answer), 'hour: 1 row above 24');
      await eventually(async () => {
        const traffic = await exchange({ socketPath: alone.socket }, { path: '/slipway/traffic', timeoutMs: 1_000 });
        const { counters } = JSON.parse(traffic.text) as { counters: { features: unknown } };
        assert.deepEqual(counters.features, { distance: [1, 1, 0] });
      });
      await alone.stop();
      const rows = await loggedRows(alone.store);
      assert.deepEqual(
        rows.map((row) => [row['f_hour'], row['f_distance']]),
        [
          [25, 5],
          [1, 20],
        ],
      );
      for (const [row, expected] of positive.entries())
        assert.ok(Math.abs(Number(rows[row]!['prediction']) - expected) < 1e-6);
    }));

  it('is refused where it has another number of columns than there are features', () =>
    assert.rejects(
      serving(matrix([0.1, -0.2, 0.3]), options, () => Promise.resolve()),
      /X has shape \[-1, 3\], expected \[rows, 2\] with dynamic rows: one column per feature/,
    ));
});

describe('what others see of a request', () => {
  it('is in the metrics of Triton and of KServe, by their names', () =>
    serving(testModel(0.1), {}, async (alone) => {
      const row = { hour: 1, distance: 1, origin: 'a' };
      await infer(alone.url, inferBody([row, row, row]));
      await infer(alone.url, '{}');
      await eventually(async () => {
        const text = await metricsOf(alone);
        const values = (...names: readonly string[]) =>
          names.map((name) => metric(text, name, { model: 'late', environment: 'test' }));
        assert.deepEqual(
          values('nv_inference_request_success', 'nv_inference_count', 'nv_inference_pending_request_count'),
          [1, 3, 0],
        );
        assert.equal(metric(text, 'nv_inference_request_failure', { reason: 'OTHER' }), 1);
        for (const part of ['request', 'compute_input', 'compute_infer'])
          assert.ok(metric(text, `nv_inference_${part}_duration_us`)! > 0, part);
        for (const stage of ['preprocess', 'predict', 'postprocess'])
          assert.equal(metric(text, `request_${stage}_seconds_count`, { model_name: 'late' }), 1);
      });
    }));

  it('is part of the trace that the caller began, in the answer and in the prediction log', () =>
    serving(testModel(0.1), {}, async (alone) => {
      const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
      const body = inferBody([{ hour: 1, distance: 1, origin: 'a' }]);
      const answer = await infer(alone.url, body, { traceparent: `00-${trace}-00f067aa0ba902b7-01` });
      const ours = /^00-4bf92f3577b34da6a3ce929d0e0e4736-([0-9a-f]{16})-01$/.exec(
        answer.headers.get('traceparent') ?? '',
      );
      assert.ok(ours !== null && ours[1] !== '00f067aa0ba902b7', 'our part has a name of its own');
      for (const ignored of [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `ff-${trace}-00f067aa0ba902b7-01`, 'x'])
        assert.equal((await infer(alone.url, body, { traceparent: ignored })).headers.get('traceparent'), null);
      await alone.stop();
      assert.deepEqual(
        (await loggedRows(alone.store)).map((row) => row['trace_id']),
        [trace, null, null, null],
      );
    }));
});

describe('memory', () => {
  it('for bodies is bounded: who comes when it is full is told when to come back, and the others are answered', async () => {
    const alone = await startStandalone(makeArtifact(testModel(0.1)), { bodiesBytes: 40_000 });
    try {
      await alone.server.ready;
      const rows = Array.from({ length: 200 }, () => ({ hour: 1, distance: 1, origin: 'a'.repeat(50) }));
      const body = inferBody(rows);
      assert.ok(body.length > 10_000 && body.length < 40_000);
      const answers = await Promise.all(Array.from({ length: 30 }, () => infer(alone.url, body)));
      const statuses = answers.map(({ status }) => status);
      assert.ok(statuses.includes(200) && statuses.includes(429), statuses.join(' '));
      for (const { status, headers, body: told } of answers) {
        if (status === 200) continue;
        assert.match(told.error ?? '', /fill the memory/);
        assert.match(headers.get('retry-after') ?? '', /^\d+$/);
      }
      assert.equal((await infer(alone.url, body)).status, 200, 'there is room again');
    } finally {
      await alone.stop();
    }
  });
});
