/** Whoever reaches the engine can start a rollout with any plan: the target's door goes by the artifact's own. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { createAnalyseStep } from '../../activities/analyseStep.js';
import { createDeployVersion } from '../../activities/deployVersion.js';
import { createRecordDeployment } from '../../activities/recordDeployment.js';
import { createShiftTraffic } from '../../activities/shiftTraffic.js';
import { createStoreLedger } from '../../src/adapters/store-ledger/ledger.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { LATENCY_BUCKETS_MS } from '../../src/domain/rollout/latencyBuckets.js';
import type { StepAnalysis, TargetVersion } from '../../src/domain/rollout/types.js';
import type { Workflows } from '../../src/ports/workflows.js';
import { rolloutId } from '../../workflows/messages.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { createMemoryDeployTarget, type MemoryDeployTarget } from '../fakes/memoryDeployTarget.js';
import { testPorts, type TestPorts } from '../fakes/ports.js';
import { storeRelease, type StoredRelease } from '../fixtures/storedRelease.js';
import { askedBy } from '../fixtures/askedBy.js';

const analysis = { maxErrorRateIncrease: 0.01, maxLatencyRatio: 4, maxPredictionDistance: 1, maxFeatureDistance: 1 };
const step = (weight: number, holdMs = 0) => ({ weight, holdMs, minRequests: 50, deadlineMs: 60 });
const STEPS = [step(10), step(50)];
const place = { model: 'ferry', environment: 'production' };
const specOf = (weights: string, steps = STEPS) => ({
  ...{ model: 'ferry', seed: weights, signature: { features: [] } },
  environments: [{ name: 'production', approval: { kind: 'none' }, rollout: { strategy: 'canary', steps, analysis } }],
});

let target: MemoryDeployTarget;
let ports: TestPorts;
let [champion, candidate]: StoredRelease[] = [];
let epoch = 0;

const run = <T, R>(
  activity: (input: T) => Promise<R>,
  input: T,
  by = `rollout/ferry/production/${epoch}`,
): Promise<R> => askedBy(by).run(activity as never, input as never) as Promise<R>;
const as = (release: StoredRelease, weight: number): TargetVersion => ({
  ...{ artifactDigest: release.digest, releaseId: release.releaseId, commit: release.commit },
  ...{ weight, role: release === champion ? 'champion' : 'candidate' },
});
const shared = (seq: number, weight: number) => ({
  ...{ ...place, fence: { epoch, seq } },
  versions: weight === 100 ? [as(candidate!, 100)] : [as(champion!, 100 - weight), as(candidate!, weight)],
});
const shift = (seq: number, weight: number) => run(createShiftTraffic(ports), shared(seq, weight));
const bringUp = (then?: number) =>
  run(createDeployVersion(ports), {
    ...{ command: shared(1, 0), artifactDigest: candidate!.digest, readyWithinMs: 5_000 },
    ...(then === undefined ? {} : { then: shared(2, then) }),
  });
/** A look by the activity itself, at a target that counted so many good requests since. */
const look = async (seq: number, index: number, change: object = {}, requests = 50): Promise<StepAnalysis> => {
  const good = (requests: number) => ({
    ...{ requests, rows: requests, latency: LATENCY_BUCKETS_MS.map((_, at) => (at === 0 ? requests : 0)).concat(0) },
    predictions: Array.from({ length: 20 }, (_, at) => (at === 0 ? requests : 0)),
  });
  target.count('ferry', candidate!.digest, good(requests));
  target.count('ferry', champion!.digest, good(500));
  return run(createAnalyseStep(ports), {
    ...{ ...place, fence: { epoch, seq }, index, step: STEPS[index] ?? step(100), analysis },
    ...{ candidate: candidate!.digest, champion: champion!.digest, ...change },
  });
};
const recordDeployed = (release: StoredRelease) =>
  run(
    createRecordDeployment(ports),
    {
      ...place,
      entry: {
        ...{ requestId: `r${epoch}`, kind: 'release', epoch, outcome: 'deployed', by: 'author', reason: '' },
        ...{ version: { artifactDigest: release.digest, releaseId: release.releaseId, commit: release.commit } },
        ...{ startedAt: 1, endedAt: 2 },
      } as never,
    },
    'environment/ferry/production',
  );
const refused = (why: RegExp) => (error: unknown) =>
  error instanceof SlipwayError && error.code === 'deployment_unauthorised' && why.test(error.message);

describe('the plan of a rollout, whoever started it with whichever', () => {
  beforeEach(async () => {
    target = createMemoryDeployTarget();
    const workflows = { query: async () => ({ epoch }) } as unknown as Workflows;
    const attestations = { verifyProvenance: async () => ({}) } as never;
    ports = testPorts({ target: () => target, workflows, attestations });
    champion = await storeRelease(ports.store, {
      weights: 'one',
      commit: 'a'.repeat(40),
      features: {},
      spec: specOf('one'),
    });
    candidate = await storeRelease(ports.store, {
      weights: 'two',
      commit: 'b'.repeat(40),
      features: {},
      spec: specOf('two'),
    });
    target.add(champion.digest);
    target.add(candidate.digest);
    epoch = 1;
    // The first of all has nothing to be compared with.
    await run(createShiftTraffic(ports), { ...place, fence: { epoch, seq: 1 }, versions: [as(champion, 100)] });
    await recordDeployed(champion);
    epoch = 2;
  });

  it('brings a version to all traffic by the steps of its own spec', async () => {
    await bringUp();
    await shift(2, 10);
    assert.equal((await look(2, 0)).verdict, 'pass');
    await shift(3, 50);
    assert.equal((await look(3, 1)).verdict, 'pass');
    await shift(4, 100);
    await recordDeployed(candidate!);
    assert.equal((await target.observe('ferry', 'production'))?.versions[0]?.artifactDigest, candidate!.digest);
  });

  it('is not one step of 100 %, at once or behind a look that asks for nothing', async () => {
    await assert.rejects(bringUp(100), refused(/100 % only behind a step of 10 %/));
    await bringUp();
    await assert.rejects(shift(2, 100), refused(/100 % only behind a step of 10 %, and no look/));
    await assert.rejects(shift(2, 11), refused(/11 % only behind/));
    await shift(2, 10);
    assert.equal((await look(2, 0, { step: { ...step(10), minRequests: 1 } }, 1)).verdict, 'pass');
    await assert.rejects(shift(3, 50), refused(/by another rule/));
    assert.equal((await look(2, 0, { champion: undefined })).verdict, 'pass');
    await assert.rejects(shift(3, 50), refused(/not compared with what has the traffic/));
    assert.equal((await target.observe('ferry', 'production'))?.fence.seq, 2);
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
    candidate = await storeRelease(ports.store, {
      ...{ weights: 'three', commit: 'd'.repeat(40), features: {}, spec: specOf('three', steps) },
    });
    target.add(candidate.digest);
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
    epoch = 3;
    await assert.rejects(shift(1, 50), refused(/no look at that is on record in this rollout/));
    assert.equal((await ports.ledger.read(rolloutId('ferry', 'production', 2))).length > 0, true);
  });

  it('is not gone round by the word that the version was deployed', async () => {
    await bringUp();
    await shift(2, 10);
    await assert.rejects(recordDeployed(candidate!), refused(/may not have 100 % of production yet/));
    await assert.rejects(shift(3, 100), refused(/no look/));
  });

  it('gives traffic back where the ledger was lost in the middle', async () => {
    await bringUp();
    await shift(2, 10);
    ports = { ...ports, ledger: createStoreLedger(createMemoryBlobStore()) };
    await run(createShiftTraffic(ports), { ...place, fence: { epoch, seq: 3 }, versions: [as(champion!, 100)] });
  });

  it('lets traffic back at once, and what ran there before', async () => {
    await bringUp();
    await shift(2, 10);
    await run(createShiftTraffic(ports), { ...place, fence: { epoch, seq: 3 }, versions: [as(champion!, 100)] });
    epoch = 3;
    await bringUp();
    await shift(2, 10);
    await look(2, 0);
    await shift(3, 50);
    await look(3, 1);
    await shift(4, 100);
    await recordDeployed(candidate!);
    epoch = 4;
    await run(createDeployVersion(ports), {
      command: { ...place, fence: { epoch, seq: 1 }, versions: [as(candidate!, 100), as(champion!, 0)] },
      ...{ artifactDigest: champion!.digest, readyWithinMs: 5_000 },
      then: { ...place, fence: { epoch, seq: 2 }, versions: [as(champion!, 100)] },
    });
    assert.equal((await target.observe('ferry', 'production'))?.versions[0]?.artifactDigest, champion!.digest);
  });
});
