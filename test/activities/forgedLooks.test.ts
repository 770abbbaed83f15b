/**
 * Whoever reaches the engine can have looks at a step with any input: another control, another rule, another step. What they say
 * changes nothing of what the next look finds; what is on record of the rollout's own looks does.
 */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { AnalyseStepInput } from '../../activities/analyseStep.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import type { StepAnalysis } from '../../src/domain/rollout/types.js';
import type { CanaryStepSpec, RolloutSpec } from '../../src/domain/spec/types.js';
import { rolloutId } from '../../workflows/messages.js';
import { atDoor, openDoor, good, type Door } from './doorScene.js';

const analysis = { maxErrorRateIncrease: 0.01, maxLatencyRatio: 4, maxPredictionDistance: 0.2, maxFeatureDistance: 1 };
const step = (weight: number): CanaryStepSpec => ({ weight, holdMs: 0, minRequests: 50, deadlineMs: 600_000 });
const rollout: RolloutSpec = { strategy: 'canary', steps: [step(10), step(50), step(100)], analysis };

const door = {} as Door;
const { beside, bringUp, shift, serveFirst, ...asked } = atDoor(door);

beforeEach(async () => {
  await openDoor(door, rollout);
  await serveFirst();
  await bringUp();
});

const failing = (requests: number, failures: number) => ({ ...good(requests), failures });

/** A look at a step of the plan, unless it is told otherwise. */
const look = (
  seq: number,
  index: number,
  more: Partial<AnalyseStepInput> = {},
  counted = good(400),
): Promise<StepAnalysis> =>
  asked.look(seq, { index, step: rollout.steps[index]!, analysis, steps: 3, ...more }, counted);

/** What is kept of the last look. */
const kept = async (): Promise<{ readonly visit: number }> => {
  const entry = (await door.ports.ledger.read(rolloutId('ferry', 'production', door.epoch))).at(-1);
  const bytes = await door.ports.store.getBlob(entry?.body['evidence'] as Digest);
  return JSON.parse(new TextDecoder().decode(bytes)) as { readonly visit: number };
};

describe('a control that somebody names', () => {
  /** A step beside a champion that fails on one request in a hundred, and all traffic behind it. */
  const allTraffic = async (): Promise<void> => {
    for (const [index, seq] of [2, 3].entries()) {
      await shift(beside(seq, index === 0 ? 10 : 50));
      door.target.count('ferry', door.champion.digest, failing(1_000, 10));
      await look(seq, index, {}, failing(400, 4));
    }
    await shift(beside(4, 100));
  };

  it('is not asked: beside a bad one no candidate would be bad', async () => {
    await allTraffic();
    const bad = await look(4, 2, {}, failing(400, 80));
    assert.deepEqual([bad.verdict, bad.control], ['fail', { count: 10, total: 1_000 }]);
    const forged = await look(4, 2, { control: { count: 900, total: 1_000 } }, failing(400, 80));
    assert.deepEqual(forged, bad);
  });

  it('is not asked: beside a perfect one every candidate would be', async () => {
    await allTraffic();
    const sound = await look(4, 2, {}, failing(4_000, 40));
    assert.equal(sound.verdict, 'pass', sound.reason);
    assert.deepEqual(await look(4, 2, { control: { count: 0, total: 10_000_000 } }, failing(4_000, 40)), sound);
  });

  it('is not taken where nothing is on record either', async () => {
    await shift(beside(2, 10));
    const found = await look(2, 0, { control: { count: 900, total: 1_000 } }, failing(400, 80));
    assert.deepEqual([found.control, found.measurements[0]?.name], [undefined, 'error_rate']);
  });

  it('is not taken from a look by another rule, nor from one beside another version', async () => {
    await shift(beside(2, 10));
    door.target.count('ferry', door.champion.digest, failing(1_000, 900));
    await look(2, 0, { analysis: { ...analysis, maxErrorRateIncrease: 1 } });
    await shift(beside(3, 10));
    await look(3, 0, { champion: door.candidate.digest }, failing(400, 390));
    await shift(beside(4, 10));
    const found = await look(4, 0, {}, failing(400, 80));
    assert.equal(found.control, undefined);
  });
});

describe('looks that somebody had at a step that was not under way', () => {
  it('are no time that it was gone through: nothing of its budget is spent', async () => {
    await shift(beside(2, 10));
    door.target.count('ferry', door.champion.digest, good(1_000));
    await look(2, 0);
    assert.equal((await kept()).visit, 1);
    await look(2, 1);
    await look(2, 1, { step: step(10) });
    await look(2, 1, { analysis: { ...analysis, maxErrorRateIncrease: 0.5 } });
    await look(2, 1, { champion: door.candidate.digest });
    await shift(beside(3, 50));
    door.target.count('ferry', door.champion.digest, good(1_000));
    await look(3, 1);
    assert.equal((await kept()).visit, 1, 'of the step that was named');
    await shift(beside(4, 10));
    await look(4, 0);
    assert.equal((await kept()).visit, 2, 'what was gone through counts');
  });
});
