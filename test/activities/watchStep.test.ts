/** What is seen of a candidate between the looks at its step, by the activity itself, and what of it counts later. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { CancelledFailure } from '@temporalio/common';
import { createWatchStep, type WatchStepInput } from '../../activities/watchStep.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { ANALYSED } from '../../src/domain/rollout/shareOf.js';
import type { TrafficCounters } from '../../src/domain/rollout/types.js';
import { WATCHED, type Watched } from '../../src/domain/rollout/watch.js';
import type { AnalysisSpec, CanaryStepSpec, RolloutSpec } from '../../src/domain/spec/types.js';
import { rolloutId } from '../../workflows/messages.js';
import { askedBy } from '../fixtures/askedBy.js';
import { atDoor, openDoor, good, place, refused, type Door } from './doorScene.js';

const analysis: AnalysisSpec = {
  ...{ maxErrorRateIncrease: 0.01, maxLatencyRatio: 4, maxPredictionDistance: 0.2, maxFeatureDistance: 1 },
  // Nobody answers there: whoever asks for it fails.
  metrics: [{ name: 'revenue', query: { kind: 'http', url: 'http://shop/', pointer: '' }, max: 1, timeoutMs: 1_000 }],
};
const step = (weight: number): CanaryStepSpec => ({
  weight,
  holdMs: 3_600_000,
  minRequests: 50,
  deadlineMs: 7_200_000,
});
const rollout: RolloutSpec = { strategy: 'canary', steps: [step(10), step(100)], analysis };

const door = {} as Door;
const { beside, bringUp, shift, serveFirst, run, look } = atDoor(door);
const stream = (): string => rolloutId('ferry', 'production', door.epoch);

beforeEach(async () => {
  await openDoor(door, rollout);
  await serveFirst();
  await bringUp();
  await shift(beside(2, 10));
});

const inputOf = (seq: number, more: Partial<WatchStepInput> = {}): WatchStepInput => ({
  ...{ ...place, fence: { epoch: door.epoch, seq }, index: 0, step: step(10), analysis, steps: 2, readyWithinMs: 40 },
  ...{ candidate: door.candidate.digest, champion: door.champion.digest, ...more },
});
const watch = (seq = 2, more: Partial<WatchStepInput> = {}): Promise<Watched> =>
  run(createWatchStep(door.ports), inputOf(seq, more));
const count = (candidate: Partial<TrafficCounters>, champion: Partial<TrafficCounters> = good(1_000)): void => {
  door.target.count('ferry', door.candidate.digest, candidate);
  door.target.count('ferry', door.champion.digest, champion);
};
const entries = async (kind: string) => (await door.ports.ledger.read(stream())).filter((entry) => entry.kind === kind);

describe('a candidate that is watched', () => {
  it('is sound while nothing is at fault, and nobody else is asked', async () => {
    count(good(400));
    const { kind, reason } = await watch();
    assert.deepEqual([kind, reason], ['sound', '3 measurements of 400 requests are within their limits']);
    assert.deepEqual(await entries(ANALYSED), [], 'that it was sound is no look: nothing passes by it');
    await assert.rejects(shift(beside(3, 100)), refused(/no look at that is on record/));
  });

  it('is sound where there is too little to say anything', async () => {
    count(good(3));
    assert.deepEqual(await watch(), { kind: 'sound', reason: '3 of 50 requests' });
  });

  it('is at fault by a flood of errors, before its step may be judged', async () => {
    count({ ...good(20), failures: 20 });
    const found = await watch();
    assert.ok(found.kind === 'failed');
    assert.match(found.reason, /^error_rate_increase is 1, beyond its limit of 0.01/);
    assert.equal(found.analysis.verdict, 'fail');
  });

  it('is at fault by its restarts, however few requests there were', async () => {
    count({ restarts: 3 });
    assert.match((await watch()).reason, /^restarts: the candidate's server was started again 3 times/);
  });

  it('is written down once for each command, and what is at fault like any look', async () => {
    count(good(400));
    await watch();
    await watch();
    assert.equal((await entries(WATCHED)).length, 1);
    count({ ...good(400), failures: 200 });
    const found = await watch();
    assert.deepEqual(await watch(), found, 'had twice');
    const [looked, ...more] = await entries(ANALYSED);
    assert.deepEqual([looked?.body['verdict'], looked?.body['carried'], more], ['fail', 10, []]);
    const kept = await door.ports.store.getBlob(looked?.body['evidence'] as Digest);
    assert.deepEqual((JSON.parse(new TextDecoder().decode(kept)) as { analysis: unknown }).analysis, {
      ...(found.kind === 'failed' && found.analysis),
    });
    await assert.rejects(shift(beside(3, 100)), refused(/a look at that was fail/));
  });

  it('has spent a part of the budget: a step that was only watched was gone through', async () => {
    count(good(400));
    await watch();
    await shift(beside(3, 10));
    count(good(400));
    await look(3, { step: step(10), analysis: { ...analysis, metrics: [] }, steps: 2 }, good(400));
    const evidence = (await entries(ANALYSED)).at(-1)?.body['evidence'] as Digest;
    const kept = JSON.parse(new TextDecoder().decode(await door.ports.store.getBlob(evidence))) as { visit: number };
    assert.equal(kept.visit, 2);
  });

  it('is not judged on the counts of another command', async () => {
    await shift(beside(3, 10));
    await assert.rejects(watch(2), (error) => error instanceof SlipwayError && error.code === 'stale_command');
    assert.deepEqual(await entries(WATCHED), []);
  });
});

describe('a candidate whose server is not ready', () => {
  const other: Digest = `sha256:${'0'.repeat(64)}`;

  it('is at fault when it has not come up again in time', async () => {
    door.target.serveInstead(door.candidate.digest, other);
    const found = await watch();
    assert.equal(found.kind, 'failed');
    assert.equal(found.reason, 'unready_seconds: its server was not ready for 0.04 s: the target does not say why');
    assert.equal((await entries(ANALYSED)).length, 1);
  });

  it('is sound where it comes up meanwhile', async () => {
    door.target.serveInstead(door.candidate.digest, other);
    let observed = 0;
    const { target } = door;
    door.target = {
      ...target,
      lookEveryMs: 1,
      observe: (model, environment) => {
        if (++observed === 4) target.serveInstead(door.candidate.digest, door.candidate.digest);
        return target.observe(model, environment);
      },
    };
    assert.equal((await watch(2, { readyWithinMs: 60_000 })).kind, 'sound');
    assert.equal(observed, 4);
  });

  it('is not at fault where the champion is not ready either', async () => {
    for (const { digest } of [door.candidate, door.champion]) door.target.serveInstead(digest, other);
    assert.equal((await watch()).kind, 'sound');
  });

  it('is left alone when its rollout is cancelled: nothing of it is written down', async () => {
    door.target.serveInstead(door.candidate.digest, other);
    const environment = askedBy(stream());
    const { target } = door;
    let observed = 0;
    door.target = {
      ...target,
      observe: (model, place) => {
        // The second is the one that finds it down: the first is for what is written down.
        if (++observed === 2) environment.cancel();
        return target.observe(model, place);
      },
    };
    const watching = environment.run(
      createWatchStep(door.ports) as never,
      inputOf(2, { readyWithinMs: 60_000 }) as never,
    );
    await assert.rejects(
      watching as Promise<unknown>,
      (error) => error instanceof CancelledFailure || (error as Error).name === 'AbortError',
    );
    assert.deepEqual(await entries(ANALYSED), []);
  });
});
