/** Whoever reaches the engine can start a rollout with any plan: the target's door goes by the artifact's own. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { createDeployVersion } from '../../activities/deployVersion.js';
import { createStoreLedger } from '../../src/adapters/store-ledger/ledger.js';
import type { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { Workflows } from '../../src/ports/workflows.js';
import { rolloutId } from '../../workflows/messages.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { createMemoryDeployTarget } from '../fakes/memoryDeployTarget.js';
import { testPorts } from '../fakes/ports.js';
import { storeRelease } from '../fixtures/storedRelease.js';
import { atDoor, good, refused, type Door } from './doorScene.js';

const analysis = { maxErrorRateIncrease: 0.01, maxLatencyRatio: 4, maxPredictionDistance: 1, maxFeatureDistance: 1 };
const step = (weight: number, holdMs = 0) => ({ weight, holdMs, minRequests: 50, deadlineMs: 60 });
const STEPS = [step(10), step(50)];
const specOf = (weights: string, steps = STEPS) => ({
  ...{ model: 'ferry', seed: weights, signature: { features: [] } },
  environments: [{ name: 'production', approval: { kind: 'none' }, rollout: { strategy: 'canary', steps, analysis } }],
});

const door = {} as Door;
const { run, as, command, beside, alone, bringUp, recordDeployed, serveFirst, ...asked } = atDoor(door);
const shift = (seq: number, weight: number) => asked.shift(weight === 100 ? alone(seq) : beside(seq, weight));
/** The champion has enough to be compared with. */
const look = (seq: number, index: number, change: object = {}, requests = 50) => {
  door.target.count('ferry', door.champion.digest, good(500));
  return asked.look(seq, { index, step: STEPS[index] ?? step(100), analysis, ...change }, good(requests));
};

describe('the plan of a rollout, whoever started it with whichever', () => {
  beforeEach(async () => {
    door.target = createMemoryDeployTarget();
    const workflows = { query: async () => ({ epoch: door.epoch }) } as unknown as Workflows;
    const attestations = { verifyProvenance: async () => ({}) } as never;
    door.ports = testPorts({ target: () => door.target, workflows, attestations });
    door.champion = await storeRelease(door.ports.store, {
      weights: 'one',
      commit: 'a'.repeat(40),
      features: {},
      spec: specOf('one'),
    });
    door.candidate = await storeRelease(door.ports.store, {
      weights: 'two',
      commit: 'b'.repeat(40),
      features: {},
      spec: specOf('two'),
    });
    door.target.add(door.champion.digest);
    door.target.add(door.candidate.digest);
    await serveFirst();
  });

  it('brings a version to all traffic by the steps of its own spec', async () => {
    await bringUp();
    await shift(2, 10);
    assert.equal((await look(2, 0)).verdict, 'pass');
    await shift(3, 50);
    assert.equal((await look(3, 1)).verdict, 'pass');
    await shift(4, 100);
    await recordDeployed(door.candidate);
    assert.equal(
      (await door.target.observe('ferry', 'production'))?.versions[0]?.artifactDigest,
      door.candidate.digest,
    );
  });

  it('is not one step of 100 %, at once or behind a look that asks for nothing', async () => {
    await assert.rejects(bringUp(alone(2)), refused(/100 % only behind a step of 10 %/));
    await bringUp();
    await assert.rejects(shift(2, 100), refused(/100 % only behind a step of 10 %, and no look/));
    await assert.rejects(shift(2, 11), refused(/11 % only behind/));
    await shift(2, 10);
    assert.equal((await look(2, 0, { step: { ...step(10), minRequests: 1 } }, 1)).verdict, 'pass');
    await assert.rejects(shift(3, 50), refused(/by another rule/));
    assert.equal((await look(2, 0, { champion: undefined })).verdict, 'pass');
    await assert.rejects(shift(3, 50), refused(/not compared with what has the traffic/));
    assert.equal((await door.target.observe('ferry', 'production'))?.fence.seq, 2);
  });

  it('does not count a look at a step whose traffic the version never had', async () => {
    await bringUp();
    await shift(2, 10);
    await look(2, 0);
    assert.equal((await look(2, 1)).verdict, 'pass');
    await assert.rejects(shift(3, 100), refused(/step of 50 %, and it had 10 % then/));
  });

  it('holds a step for its time, whatever a rollout was told of it', async () => {
    const HOLD = 600_000;
    const steps = [step(10, HOLD)];
    door.candidate = await storeRelease(door.ports.store, {
      ...{ weights: 'three', commit: 'd'.repeat(40), features: {}, spec: specOf('three', steps) },
    });
    door.target.add(door.candidate.digest);
    await bringUp();
    await shift(2, 10);
    assert.equal((await look(2, 0, { step: steps[0] })).verdict, 'pass');
    const held = await shift(3, 100).then(
      () => assert.fail('it was let go'),
      (error: unknown) => error as SlipwayError,
    );
    assert.deepEqual([held.code, held.details['holds']], ['environment_held', []]);
    assert.match(held.message, /behind a step of 10 %, and that is held for 600 s first/);
    mock.timers.enable({ apis: ['Date'], now: held.details['changesAt'] as number });
    try {
      await assert.rejects(shift(3, 100), { code: 'environment_held' }, 'the look was too early');
      // As a rollout does: it goes through the step once more.
      await shift(3, 10);
      await look(3, 0, { step: steps[0] });
      await shift(4, 100);
    } finally {
      mock.timers.reset();
    }
  });

  it('does not count the looks of another rollout', async () => {
    await bringUp();
    await shift(2, 10);
    await look(2, 0);
    door.epoch = 3;
    await assert.rejects(shift(1, 50), refused(/no look at that is on record in this rollout/));
    assert.equal((await door.ports.ledger.read(rolloutId('ferry', 'production', 2))).length > 0, true);
  });

  it('is not gone round by the word that the version was deployed', async () => {
    await bringUp();
    await shift(2, 10);
    await assert.rejects(recordDeployed(door.candidate), refused(/may not have 100 % of production yet/));
    await assert.rejects(shift(3, 100), refused(/no look/));
  });

  it('gives traffic back where the ledger was lost in the middle', async () => {
    await bringUp();
    await shift(2, 10);
    door.ports = { ...door.ports, ledger: createStoreLedger(createMemoryBlobStore()) };
    await asked.shift(command(3, as(door.champion, 100)));
  });

  it('lets traffic back at once, and what ran there before', async () => {
    await bringUp();
    await shift(2, 10);
    await asked.shift(command(3, as(door.champion, 100)));
    door.epoch = 3;
    await bringUp();
    await shift(2, 10);
    await look(2, 0);
    await shift(3, 50);
    await look(3, 1);
    await shift(4, 100);
    await recordDeployed(door.candidate);
    door.epoch = 4;
    await run(createDeployVersion(door.ports), {
      command: command(1, as(door.candidate, 100), as(door.champion, 0)),
      ...{ artifactDigest: door.champion.digest, readyWithinMs: 5_000 },
      then: command(2, as(door.champion, 100)),
    });
    assert.equal((await door.target.observe('ferry', 'production'))?.versions[0]?.artifactDigest, door.champion.digest);
  });
});
