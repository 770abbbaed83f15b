/** What every source of metrics does, whatever it asks. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { MetricReading } from '../../src/domain/rollout/metricReading.js';
import type { MetricQuery } from '../../src/domain/spec/analysisMetrics.js';
import type { MetricQuestion } from '../../src/ports/metricSource.js';

export const CANDIDATE = 'c'.repeat(64);
export const CHAMPION = 'a'.repeat(64);
/** Nothing that a model may be called: whoever asks with it gets no value of another one. */
export const HOSTILE = `m"} or quality{version="${CHAMPION}" --'; DROP VIEW predictions; $(touch x) \\`;

export interface MetricScene {
  ask(question: MetricQuestion<MetricQuery>, signal: AbortSignal): Promise<readonly MetricReading[]>;
  readonly queries: {
    /** 0.25 of the candidate and 0.5 of the champion, of model `m`. */
    readonly quality: MetricQuery;
    /** Something that is no number. */
    readonly text: MetricQuery;
    /** Of a version that nobody has seen. */
    readonly nothing: MetricQuery;
    /** It never ends. */
    readonly endless: MetricQuery;
    /** It cannot be understood, or answers with an error. */
    readonly broken: MetricQuery;
  };
  close(): Promise<void>;
}

const BOTH = [
  { role: 'candidate', version: CANDIDATE },
  { role: 'champion', version: CHAMPION },
] as const;

export const describeMetricSource = (name: string, open: () => Promise<MetricScene>): void => {
  describe(`MetricSource contract: ${name}`, () => {
    let scene: MetricScene;
    before(async () => (scene = await open()));
    after(() => scene.close());

    const until = Date.now() + 60_000;
    const ask = (
      query: MetricQuery,
      given: Partial<MetricQuestion<MetricQuery>> = {},
      signal = new AbortController().signal,
    ): Promise<readonly MetricReading[]> =>
      scene.ask(
        {
          query,
          model: 'm',
          environment: 'production',
          since: until - 600_000,
          until,
          versions: BOTH,
          timeoutMs: 20_000,
          ...given,
        },
        signal,
      );
    const values = (readings: readonly MetricReading[]): readonly unknown[] =>
      readings.map((one) => (one.kind === 'value' ? one.value : one));

    it('answers one number per version, in their order', async () => {
      assert.deepEqual(values(await ask(scene.queries.quality)), [0.25, 0.5]);
      assert.deepEqual(values(await ask(scene.queries.quality, { versions: BOTH.toReversed() })), [0.5, 0.25]);
    });

    it('takes no text for a number, and no silence for a value', async () => {
      for (const [query, kinds] of [
        [scene.queries.text, ['error']],
        [scene.queries.nothing, ['error', 'insufficient_data']],
        [scene.queries.broken, ['error']],
      ] as const) {
        for (const reading of await ask(query)) {
          assert.ok((kinds as readonly string[]).includes(reading.kind), JSON.stringify(reading));
          assert.ok(reading.kind !== 'value' && reading.reason.length > 10, JSON.stringify(reading));
        }
      }
    });

    it('lets no value become a part of the query', async () => {
      const readings = await ask(scene.queries.quality, { model: HOSTILE });
      assert.deepEqual(
        readings.map(({ kind }) => kind === 'value'),
        [false, false],
        JSON.stringify(readings),
      );
      assert.deepEqual(values(await ask(scene.queries.quality)), [0.25, 0.5], 'nothing was changed by it');
    });

    it('says so where no answer comes in time', async () => {
      const [reading] = await ask(scene.queries.endless, { timeoutMs: 1_500, versions: [BOTH[0]] });
      assert.ok(reading?.kind === 'error' && reading.reason.includes('1.5 s'), JSON.stringify(reading));
    });

    it('ends when nobody wants to know any more', async () => {
      const controller = new AbortController();
      const asking = ask(scene.queries.endless, { versions: [BOTH[0]] }, controller.signal);
      const reason = new Error('enough');
      setImmediate(() => controller.abort(reason));
      await assert.rejects(asking, (error) => error === reason);
    });
  });
};
