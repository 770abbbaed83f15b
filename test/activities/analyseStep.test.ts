import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { createAnalyseStep, type AnalyseStepInput } from '../../activities/analyseStep.js';
import { putJson } from '../../activities/documents.js';
import { buildManifest, LAYERS, MEDIA_TYPES } from '../../src/domain/artifact/manifest.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { LATENCY_BUCKETS_MS } from '../../src/domain/rollout/latencyBuckets.js';
import type { MetricReading } from '../../src/domain/rollout/metricReading.js';
import type { AnalysisMetric, HttpQuery } from '../../src/domain/spec/analysisMetrics.js';
import type { MetricQuestion } from '../../src/ports/metricSource.js';
import type { Ports } from '../../activities/ports.js';
import type { Fence, StepAnalysis, TrafficCounters } from '../../src/domain/rollout/types.js';
import { testPorts } from '../fakes/ports.js';
import { askedBy } from '../fixtures/askedBy.js';

const fence: Fence = { epoch: 3, seq: 2 };
const ports = testPorts();
let candidate: Digest;
let looks = 0;

before(async () => {
  const digest = await putJson(ports.store, { features: {} });
  const reference = { path: LAYERS.reference, mediaType: MEDIA_TYPES.doc, digest, size: 15 };
  candidate = await putJson(ports.store, buildManifest({ digest, size: 15 }, [reference, await specLayer()], {}));
});

const STEP = { weight: 10, holdMs: 1_000, minRequests: 50, deadlineMs: 60_000 };
const ANALYSIS = {
  maxErrorRateIncrease: 0.01,
  maxLatencyRatio: 4,
  maxPredictionDistance: 0.1,
  maxFeatureDistance: 0.3,
};

const specLayer = async () => {
  const rollout = { strategy: 'canary', steps: [STEP], analysis: ANALYSIS };
  const environments = [{ name: 'production', rollout }];
  const digest = await putJson(ports.store, { signature: { features: [] }, environments });
  return { path: LAYERS.spec, mediaType: MEDIA_TYPES.doc, digest, size: 15 };
};

const counted = (requests: number, failures = 0): TrafficCounters => ({
  artifactDigest: candidate,
  requests,
  failures,
  rows: requests,
  latency: LATENCY_BUCKETS_MS.map((_, index) => (index === 0 ? requests : 0)).concat(0),
  predictions: Array.from({ length: 20 }, () => 0),
  features: {},
});

/** Looks at a target that counts so, look by look; the last one stays. */
const look = (
  counts: readonly (() => TrafficCounters)[],
  since: Fence = fence,
  deadlineMs = 60_000,
  more: Partial<AnalyseStepInput> = {},
) => {
  looks = 0;
  const target = {
    apply: async () => assert.fail('a look moves nothing'),
    observe: async () => ({ fence: since, versions: [{ artifactDigest: candidate, weight: 10 }] }) as never,
    measure: async () => ({ since, counters: [counts[Math.min(looks++, counts.length - 1)]!()] }),
  };
  const input: AnalyseStepInput = {
    model: 'm',
    environment: 'production',
    fence,
    index: 0,
    step: { ...STEP, deadlineMs },
    analysis: ANALYSIS,
    candidate,
    ...more,
  };
  return askedBy(`rollout/m/production/${input.fence.epoch}`).run(
    createAnalyseStep({ ...ports, target: () => target }),
    input,
  ) as Promise<StepAnalysis>;
};

describe('a look at a canary step', () => {
  it('waits a moment for requests that are still missing, so that no second look is needed', async () => {
    const analysis = await look([() => counted(20), () => counted(40), () => counted(50)]);
    assert.deepEqual([analysis.verdict, analysis.requests, looks], ['pass', 50, 3]);
  });

  it('says so when they do not come', async () => {
    const analysis = await look([() => counted(20)], fence, 200);
    assert.deepEqual([analysis.verdict, analysis.reason], ['insufficient_data', '20 of 50 requests']);
    assert.ok(looks > 1);
  });

  it('waits for nothing where requests fail', async () => {
    const analysis = await look([() => counted(20, 20), () => counted(50)]);
    assert.deepEqual([analysis.verdict, looks], ['fail', 1]);
  });

  it('is one entry of the ledger, though it is had twice: an attempt whose answer was lost is no second look', async () => {
    const entries = async () =>
      (await ports.ledger.read('rollout/m/production/3')).filter(({ kind }) => kind === 'rollout.analysed');
    const analysis = await look([() => counted(70)]);
    const before = await entries();
    assert.deepEqual(await look([() => counted(70)]), analysis);
    assert.deepEqual(await entries(), before);
    await look([() => counted(71)]);
    assert.equal((await entries()).length, before.length + 1, 'another look is another entry');
  });

  it('counts in the ledger how often a step was gone through, and takes no word for it', async () => {
    const of = async (seq: number, word: object = {}): Promise<unknown> => {
      await look([() => counted(90 + seq)], { epoch: 8, seq }, 60_000, { fence: { epoch: 8, seq }, ...word });
      const { evidence } = (await ports.ledger.read('rollout/m/production/8')).at(-1)!.body;
      const kept = JSON.parse(new TextDecoder().decode(await ports.store.getBlob(evidence as Digest))) as object;
      return (kept as { readonly visit?: number }).visit;
    };
    assert.deepEqual([await of(2), await of(2), await of(4)], [1, 1, 2]);
    assert.equal(await of(5, { visit: 1 }), 3, 'also where the input says that it is the first time');
  });

  it('takes no counters of another command', async () => {
    await assert.rejects(
      look([() => counted(50)], { epoch: 4, seq: 1 }),
      (error) => error instanceof SlipwayError && error.code === 'stale_command',
    );
  });

  describe('by metrics of its owners', () => {
    const HEX = (digest: Digest): string => digest.slice('sha256:'.length);
    let asked: MetricQuestion<HttpQuery>[] = [];
    const measured = (readings: readonly MetricReading[], acceptedAt?: number) => {
      asked = [];
      const http = { ask: async (question: MetricQuestion<HttpQuery>) => (asked.push(question), readings) };
      return {
        ...ports,
        metrics: { ...ports.metrics, http },
        secrets: { read: async () => 'hidden-token' },
        target: () => ({
          apply: async () => assert.fail('a look moves nothing'),
          observe: async () => ({ fence, versions: [{ artifactDigest: candidate, weight: 10 }] }) as never,
          measure: async () => ({
            since: fence,
            counters: [counted(60)],
            ...(acceptedAt === undefined ? {} : { acceptedAt }),
          }),
        }),
      };
    };
    const metric: AnalysisMetric = {
      name: 'revenue',
      query: { kind: 'http', url: 'http://shop/', pointer: '', secret: 'shop-token' },
      maxDecrease: 1,
      timeoutMs: 1_000,
    };
    const analyse = (given: Ports, more: Partial<AnalyseStepInput> = {}, minRequests = 50) =>
      askedBy(`rollout/m/production/${fence.epoch}`).run(createAnalyseStep(given), {
        ...{ model: 'm', environment: 'production', fence, index: 0, candidate },
        step: { weight: 10, holdMs: 1_000, minRequests, deadlineMs: 200 },
        analysis: {
          ...ANALYSIS,
          metrics: [metric],
        },
        ...more,
      }) as Promise<StepAnalysis>;

    it('asks of both versions on the same interval, since the traffic was shifted', async () => {
      const value = (is: number): MetricReading => ({ kind: 'value', value: is });
      const found = await analyse(measured([value(1), value(3)], 1_000), { champion: await sameAs() });
      assert.deepEqual([found.verdict, found.reason], ['fail', 'revenue.maxDecrease is 2, beyond its limit of 1']);
      const [question] = asked;
      assert.deepEqual([question?.since, question?.secret], [1_000, 'hidden-token']);
      assert.deepEqual(
        question?.versions.map(({ role }) => role),
        ['candidate', 'champion'],
      );
      assert.equal(question?.versions[0]?.version, HEX(candidate));
      assert.equal(
        (await analyse(measured([value(3), value(3)], 1_000), { champion: await sameAs() })).verdict,
        'pass',
      );
    });

    it('keeps a secret that is answered with out of the reason', async () => {
      const told: MetricReading = { kind: 'error', reason: 'you sent hidden-token' };
      const found = await analyse(measured([told, told], 1_000), { champion: await sameAs() });
      assert.deepEqual([found.verdict, found.reason.includes('hidden')], ['error', false]);
      const body = (await ports.ledger.read(`rollout/m/production/${fence.epoch}`)).at(-1)?.body;
      const evidence = await ports.store.getBlob(body?.['evidence'] as Digest);
      assert.equal(new TextDecoder().decode(evidence).includes('hidden'), false);
    });

    it('asks nobody before there are enough requests', async () => {
      const found = await analyse(measured([]), {}, 500);
      assert.deepEqual([found.verdict, asked.length], ['insufficient_data', 0]);
    });

    it('holds the rule of the look against every word of its metrics', async () => {
      const rules = [];
      for (const maxDecrease of [1, 2]) {
        await analyse(
          measured(
            [
              { kind: 'value', value: 1 },
              { kind: 'value', value: 1 },
            ],
            1_000,
          ),
          {
            champion: await sameAs(),
            analysis: {
              ...{
                maxErrorRateIncrease: 0.01,
                maxLatencyRatio: 4,
                maxPredictionDistance: 0.1,
                maxFeatureDistance: 0.3,
              },
              metrics: [{ ...metric, maxDecrease }],
            },
          },
        );
        rules.push((await ports.ledger.read(`rollout/m/production/${fence.epoch}`)).at(-1)?.body['rule']);
      }
      assert.equal(new Set(rules).size, 2);
    });

    /** Another artifact with the same contents, as far as a look reads them. */
    const sameAs = async (): Promise<Digest> => {
      const features = await putJson(ports.store, { features: {} });
      const spec = await specLayer();
      const layers = [{ path: LAYERS.reference, mediaType: MEDIA_TYPES.doc, digest: features, size: 15 }, spec];
      candidate = await putJson(
        ports.store,
        buildManifest({ digest: spec.digest, size: 15 }, layers, { is: 'candidate' }),
      );
      return putJson(ports.store, buildManifest({ digest: spec.digest, size: 15 }, layers, { is: 'champion' }));
    };
  });
});
