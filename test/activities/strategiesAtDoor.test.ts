/** Shadows, switches and people's words: the target's door goes by the artifact's own spec and the ledger, not by messages. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { createAnalyseStep, type AnalyseStepInput } from '../../activities/analyseStep.js';
import { createDeployVersion } from '../../activities/deployVersion.js';
import { createLookForWord } from '../../activities/lookForWord.js';
import { createMeasureChampion } from '../../activities/measureChampion.js';
import { createRecordDeployment } from '../../activities/recordDeployment.js';
import { createShiftTraffic } from '../../activities/shiftTraffic.js';
import { createAttestations } from '../../src/adapters/dsse/attestations.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { LATENCY_BUCKETS_MS } from '../../src/domain/rollout/latencyBuckets.js';
import { MEASURED } from '../../src/domain/rollout/beforeSwitch.js';
import { PROMOTED } from '../../src/domain/rollout/shareOf.js';
import type { TargetVersion, TrafficCounters } from '../../src/domain/rollout/types.js';
import type { CanaryStepSpec, RolloutSpec } from '../../src/domain/spec/types.js';
import type { Workflows } from '../../src/ports/workflows.js';
import { rolloutId } from '../../workflows/messages.js';
import { createMemoryDeployTarget, type MemoryDeployTarget } from '../fakes/memoryDeployTarget.js';
import { createMemorySourceControl, type MemorySourceControl } from '../fakes/memorySourceControl.js';
import { testPorts, type TestPorts } from '../fakes/ports.js';
import { askedBy } from '../fixtures/askedBy.js';
import { storeRelease, TRUSTED, type StoredRelease } from '../fixtures/storedRelease.js';

const analysis = { maxErrorRateIncrease: 0.01, maxLatencyRatio: 4, maxPredictionDistance: 0.2, maxFeatureDistance: 1 };
const lasts = { minRequests: 50, deadlineMs: 600_000 };
const step = (weight: number): CanaryStepSpec => ({ weight, holdMs: 0, ...lasts });
const place = { model: 'ferry', environment: 'production' };
const KEEP = 600_000;
const BLUE_GREEN: RolloutSpec = { strategy: 'blueGreen', keepMs: KEEP, ...lasts, analysis };
const SHADOWED: RolloutSpec = {
  ...{ strategy: 'canary', steps: [step(10), step(100)], analysis },
  shadow: { copies: 25, holdMs: 0, ...lasts, analysis },
};
const ASKING: RolloutSpec = {
  ...{ strategy: 'canary', analysis },
  steps: [{ ...step(25), approve: { roles: ['reviewer'], deadlineMs: 1_000 } }, step(100)],
};

let source: MemorySourceControl;
let target: MemoryDeployTarget;
let ports: TestPorts;
let [champion, candidate]: StoredRelease[] = [];
let epoch = 0;

const run = <T, R>(activity: (input: T) => Promise<R>, input: T, by?: string): Promise<R> =>
  askedBy(by ?? rolloutId('ferry', 'production', epoch)).run(activity as never, input as never) as Promise<R>;
type Share = number | { readonly copies: number };
const as = (release: StoredRelease, share: Share): TargetVersion => ({
  ...{ artifactDigest: release.digest, releaseId: release.releaseId, commit: release.commit },
  ...(typeof share === 'number'
    ? { weight: share, role: release === champion ? 'champion' : 'candidate' }
    : { weight: 0, role: 'shadow', ...share }),
});
const command = (seq: number, ...versions: TargetVersion[]) => ({ ...place, fence: { epoch, seq }, versions });
/** The champion has the rest. */
const beside = (seq: number, share: Share) =>
  command(seq, as(champion!, typeof share === 'number' ? 100 - share : 100), as(candidate!, share));
const alone = (seq: number) => command(seq, as(candidate!, 100));
const shift = (asked: ReturnType<typeof command>) => run(createShiftTraffic(ports), asked);
const bringUp = (then?: ReturnType<typeof command>) =>
  run(createDeployVersion(ports), {
    ...{ command: beside(1, 0), artifactDigest: candidate!.digest, readyWithinMs: 5_000 },
    ...(then === undefined ? {} : { then }),
  });
const good = (requests: number, bin = 0): Partial<TrafficCounters> => ({
  ...{ requests, rows: requests, latency: LATENCY_BUCKETS_MS.map((_, at) => (at === 0 ? requests : 0)).concat(0) },
  predictions: Array.from({ length: 20 }, (_, at) => (at === bin ? requests : 0)),
});
const look = (seq: number, asked: Partial<AnalyseStepInput>, counted = good(50)) => {
  target.count('ferry', candidate!.digest, counted);
  return run(createAnalyseStep(ports), {
    ...{ ...place, fence: { epoch, seq }, index: 0, step: step(100), analysis },
    ...{ candidate: candidate!.digest, champion: champion!.digest, ...asked },
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

/** A champion that was deployed, and the next version, whose spec has this rollout. */
const given = async (rollout: RolloutSpec): Promise<void> => {
  source = createMemorySourceControl(['ferry']);
  target = createMemoryDeployTarget();
  ports = testPorts({
    ...{ source, target: () => target, attestations: createAttestations(async () => TRUSTED) },
    workflows: { query: async () => ({ epoch }) } as unknown as Workflows,
    directory: {
      identities: async () => [
        { name: 'author', roles: ['author', 'reviewer'], gitEmails: ['author@example.test'] },
        { name: 'reviewer', roles: ['reviewer'], gitEmails: [] },
        { name: 'oncall', roles: ['operator'], gitEmails: [] },
      ],
    },
    settings: { ...testPorts().settings, models: { ferry: { repository: 'ferry' } } as never },
  });
  const released = async (weights: string): Promise<StoredRelease> => {
    const commit = source.commit('ferry', { weights });
    const environments = [{ name: 'production', approval: { kind: 'none' }, rollout }];
    const spec = { model: 'ferry', seed: weights, signature: { features: [] }, environments };
    const stored = await storeRelease(ports.store, { weights, commit, features: {}, spec });
    target.add(stored.digest);
    return stored;
  };
  champion = await released('one');
  candidate = await released('two');
  epoch = 1;
  await shift(command(1, as(champion, 100)));
  await recordDeployed(champion);
  epoch = 2;
};

describe('blue/green at the door', () => {
  beforeEach(() => given(BLUE_GREEN));
  const switched = async (): Promise<void> => {
    target.count('ferry', champion!.digest, good(500));
    await run(createMeasureChampion(ports), { ...place, fence: { epoch, seq: 0 }, champion: champion!.digest });
    await bringUp();
    await shift(beside(2, 100));
  };
  const asSwitch: Partial<AnalyseStepInput> = { phase: 'switch', step: { ...step(100), holdMs: KEEP } };

  it('keeps what ran before until the candidate was judged beside it, for as long as its spec says', async () => {
    await switched();
    const observed = await target.observe('ferry', 'production');
    assert.deepEqual(
      observed?.versions.map(({ role, weight }) => [role, weight]),
      [
        ['champion', 0],
        ['candidate', 100],
      ],
    );
    await assert.rejects(shift(alone(3)), refused(/keeps what ran before up behind the switch, and no look/));
    await assert.rejects(recordDeployed(candidate!), refused(/keeps what ran before up/));
    assert.equal((await look(2, asSwitch)).verdict, 'pass');
    const held = await shift(alone(3)).then(
      () => assert.fail('it was let go'),
      (error: unknown) => error as SlipwayError,
    );
    assert.equal(held.code, 'environment_held');
    mock.timers.enable({ apis: ['Date'], now: held.details['changesAt'] as number });
    try {
      await look(2, asSwitch, good(51));
      await shift(alone(3));
      await recordDeployed(candidate!);
    } finally {
      mock.timers.reset();
    }
  });

  it('is no immediate rollout, whatever one was started with', async () => {
    await assert.rejects(bringUp(alone(2)), refused(/keeps what ran before up behind the switch/));
    await bringUp();
    await assert.rejects(shift(alone(2)), refused(/keeps what ran before up behind the switch/));
  });

  it('compares with what the champion did before the switch, and has nothing else to compare with', async () => {
    await switched();
    const other = await look(2, asSwitch, good(200, 19));
    assert.deepEqual([other.verdict, other.phase], ['fail', 'switch']);
    assert.match(other.reason, /prediction_distance/);
    const entries = await ports.ledger.read(rolloutId('ferry', 'production', 2));
    assert.deepEqual(
      entries.filter(({ kind }) => kind === MEASURED).map(({ body }) => body['requests']),
      [500],
    );
    // Run again it changes nothing: whoever woke up late would measure a champion without traffic.
    await run(createMeasureChampion(ports), { ...place, fence: { epoch, seq: 0 }, champion: champion!.digest });
    assert.equal((await look(2, asSwitch, good(201, 19))).verdict, 'fail');
  });

  it('judges the candidate by itself where nothing was measured before', async () => {
    await bringUp();
    await shift(beside(2, 100));
    const alone = await look(2, asSwitch);
    assert.equal(alone.verdict, 'pass');
    assert.match(alone.reason, /there was no champion to compare with$/);
  });

  it('goes back to what it kept at once, and takes the candidate away where the store is gone', async () => {
    await switched();
    await shift(command(3, as(champion!, 100), as(candidate!, 0)));
    const gone = async () => {
      throw new SlipwayError('store_unreachable', 'no store');
    };
    ports = { ...ports, ledger: { ...ports.ledger, read: gone, append: gone } };
    await shift(command(4, as(champion!, 100)));
    assert.equal((await target.observe('ferry', 'production'))?.versions.length, 1);
  });
});

describe('a shadow at the door', () => {
  beforeEach(() => given(SHADOWED));
  const asShadow: Partial<AnalyseStepInput> = { phase: 'shadow', copies: 25, step: step(0) };

  it('comes before any share of the traffic', async () => {
    await bringUp();
    await assert.rejects(
      shift(beside(2, 10)),
      refused(/traffic only behind copies of 25 % of the requests, and no look/),
    );
    await shift(beside(2, { copies: 25 }));
    target.count('ferry', champion!.digest, good(500));
    const analysed = await look(2, asShadow);
    assert.deepEqual([analysed.verdict, analysed.phase, analysed.weight], ['pass', 'shadow', 0]);
    await shift(beside(3, 10));
  });

  it('counts only with the copies that its spec asks for', async () => {
    await bringUp();
    await shift(beside(2, { copies: 1 }));
    target.count('ferry', champion!.digest, good(500));
    await look(2, { ...asShadow, copies: 1 });
    await assert.rejects(shift(beside(3, 10)), refused(/by another rule/));
    await look(2, asShadow, good(51));
    await assert.rejects(shift(beside(3, 10)), refused(/it had 1 % then/));
  });

  it('that fails never had a share, and gets none', async () => {
    await bringUp();
    await shift(beside(2, { copies: 25 }));
    target.count('ferry', champion!.digest, good(500));
    assert.equal((await look(2, asShadow, { ...good(50), failures: 40 })).verdict, 'fail');
    await assert.rejects(shift(beside(3, 10)), refused(/a look at that was fail/));
  });
});

describe("a person's word at the door", () => {
  beforeEach(async () => {
    await given(ASKING);
    await bringUp();
    await shift(beside(2, 25));
    target.count('ferry', champion!.digest, good(500));
    assert.ok(ASKING.strategy === 'canary');
    await look(2, { step: ASKING.steps[0]! });
  });
  const says = (by: string, index = 0) =>
    ports.ledger.append(rolloutId('ferry', 'production', epoch), `promoted/${index}/${by}`, PROMOTED, 5, {
      ...{ step: index, by, reason: 'looks right', at: 5 },
    });
  const asked = (until = 10) =>
    run(createLookForWord(ports), {
      ...{ ...place, epoch, artifactDigest: candidate!.digest, step: 0, until },
      approve: { roles: ['reviewer'], deadlineMs: 1_000 },
    });

  it('is needed behind the step, whatever the rollout was told', async () => {
    await assert.rejects(
      shift(beside(3, 100)),
      refused(/behind a step of 25 %, and that waits for the word of a person: nobody/),
    );
    assert.deepEqual(await asked(), { kind: 'missing', refused: [] });
    await says('reviewer');
    const found = await asked();
    assert.equal(found.kind === 'given' && found.word.by, 'reviewer');
    await shift(beside(3, 100));
  });

  it('is not that of an author, nor of who has no such role, nor one about another step', async () => {
    await says('author');
    await says('nobody');
    await says('oncall', 1);
    await assert.rejects(
      shift(beside(3, 100)),
      refused(/author wrote or triggered this release; nobody is not known here/),
    );
    const found = await asked();
    assert.equal(found.kind === 'missing' && found.refused.length, 2);
    await says('oncall');
    assert.equal((await asked()).kind, 'given', 'an operator may, whom the step does not name');
    await shift(beside(3, 100));
  });

  it('is none of another rollout, and none after the deadline', async () => {
    await says('reviewer');
    assert.equal((await asked(4)).kind, 'missing');
    epoch = 3;
    await shift(beside(1, 25));
    target.count('ferry', champion!.digest, good(500));
    assert.ok(ASKING.strategy === 'canary');
    await look(1, { step: ASKING.steps[0]! });
    await assert.rejects(shift(beside(2, 100)), refused(/nobody said so/));
  });
});
