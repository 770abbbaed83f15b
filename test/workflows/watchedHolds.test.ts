/** A phase that declares no interval: its candidate is watched between the looks at it. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { WatchStepInput } from '../../activities/watchStep.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { StepAnalysis, TargetCommand } from '../../src/domain/rollout/types.js';
import type { Watched } from '../../src/domain/rollout/watch.js';
import type { AnalysisSpec, BlueGreenSpec, RolloutSpec } from '../../src/domain/spec/types.js';
import { pauseSignal, promoteSignal, resumeSignal } from '../../workflows/messages.js';
import { allGoesWell, canary, digest, pass } from './cast.js';
import { beginRollout, outcomeOf, untilRollout } from './rollouts.js';
import { openScene, type Fakes, type Scene } from './scene.js';

let scene: Scene;
const usual = (): Fakes => allGoesWell(() => scene.environment.client.workflow);
before(async () => {
  scene = await openScene(usual());
});
afterEach(() => scene.answer(usual()));
after(() => scene.end());

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const held = (limits: Partial<AnalysisSpec> = {}, holdMs = HOUR): RolloutSpec => ({
  ...canary,
  steps: [10, 50].map((weight) => ({ weight, holdMs, minRequests: 100, deadlineMs: 4 * HOUR })),
  analysis: { ...canary.analysis, ...limits },
});

const DEAD = 'unready_seconds: its server was not ready for 120 s: killed';
const failed = ({ index, step }: Pick<WatchStepInput, 'index' | 'step'>): Watched => {
  const analysis: StepAnalysis = { ...pass(index, step.weight), verdict: 'fail', reason: DEAD };
  return { kind: 'failed', reason: DEAD, analysis };
};
const sound: Watched = { kind: 'sound', reason: 'nothing is at fault' };

/** When each was, in minutes since the traffic was shifted last. */
const begin = async (model: string, rollout: RolloutSpec, watch: (input: WatchStepInput, times: number) => Watched) => {
  const seen = { watches: [] as number[], looks: [] as number[], back: 0 };
  let shifted = 0;
  const minutes = async (): Promise<number> => ((await scene.environment.currentTimeMs()) - shifted) / MINUTE;
  const begun = await beginRollout(scene, model, rollout, {
    watchStep: async (input) => {
      seen.watches.push(await minutes());
      return watch(input, seen.watches.length);
    },
    analyseStep: async ({ index, step, phase }) => {
      seen.looks.push(await minutes());
      return { ...pass(index, step.weight), ...(phase === undefined ? {} : { phase }) };
    },
    shiftTraffic: async ({ versions }: TargetCommand) => {
      const [only] = versions;
      if (versions.length === 1 && only?.artifactDigest === digest('a')) seen.back = await minutes();
      else shifted = await scene.environment.currentTimeMs();
      return undefined;
    },
  });
  return { ...begun, seen };
};

describe('a candidate whose hold declares no interval', () => {
  it('is back within two minutes of the watch that finds it, long before its hold ends', async () => {
    const { rollout, seen } = await begin('dead', held(), (input, times) => (times < 3 ? sound : failed(input)));
    const outcome = await outcomeOf(scene, rollout);
    assert.ok(outcome.kind === 'aborted' && outcome.trafficRestored);
    assert.equal(outcome.reason, DEAD);
    assert.deepEqual(seen.looks, [], 'no look was had');
    assert.equal(seen.watches.length, 3);
    assert.ok(seen.back < 5, `${seen.back} minutes after the shift`);
    assert.deepEqual(
      outcome.steps.map(({ verdict, reason }) => [verdict, reason]),
      [['fail', DEAD]],
      'what it lost by is kept',
    );
  });

  it('is watched every minute, then each twentieth of its time, and looked at when its hold is over', async () => {
    const { rollout, seen } = await begin('sound', held(), () => sound);
    assert.equal((await outcomeOf(scene, rollout)).kind, 'completed');
    const [first] = [seen.watches.slice(0, seen.watches.length / 2)];
    assert.ok(first.length > 35 && first.length < 45, `${first.length} in an hour`);
    assert.deepEqual(first.slice(0, 3).map(Math.floor), [1, 2, 3]);
    assert.equal(seen.looks.length, 2);
    for (const at of seen.looks) assert.ok(at >= 60 && at < 62, `a look after ${at} minutes`);
  });

  it('may fail as often as its looks may', async () => {
    const once = await begin('lax', held({ failureLimit: 1 }), (input, times) => (times === 3 ? failed(input) : sound));
    assert.equal((await outcomeOf(scene, once.rollout)).kind, 'completed');
    const twice = await begin('lax-twice', held({ failureLimit: 1 }), (input, times) =>
      times === 3 || times === 5 ? failed(input) : sound,
    );
    assert.equal((await outcomeOf(scene, twice.rollout)).kind, 'aborted');
    assert.equal(twice.seen.watches.length, 5);
  });

  it('goes on where it cannot be watched: that is no pass, and the look decides', async () => {
    const { rollout, seen } = await begin('away', held(), () => {
      throw new SlipwayError('target_unreachable', 'no answer');
    });
    assert.equal((await outcomeOf(scene, rollout)).kind, 'completed');
    assert.equal(seen.looks.length, 2);
    assert.ok(seen.watches.length > 70);
  });

  it('is held anew after a pause, and watched again', async () => {
    const { rollout, seen } = await begin('paused', held(), () => sound);
    await untilRollout(rollout, 'holding', 0);
    await scene.environment.sleep('30 minutes');
    await rollout.signal(pauseSignal, { by: 'oncall', reason: 'look closer' });
    await untilRollout(rollout, 'paused');
    const watched = seen.watches.length;
    await scene.environment.sleep('1 hour');
    assert.equal(seen.watches.length, watched, 'what is paused is looked after by who paused it');
    await rollout.signal(resumeSignal, { by: 'oncall' });
    assert.equal((await outcomeOf(scene, rollout)).kind, 'completed');
    const [first] = seen.looks;
    assert.ok(first! >= 150, `looked at after ${first} minutes`);
  });

  it('is looked at when somebody promotes it, watched or not', async () => {
    const { rollout, seen } = await begin('promoted', held(), () => sound);
    await untilRollout(rollout, 'holding', 0);
    await scene.environment.sleep('10 minutes');
    await rollout.signal(promoteSignal, { by: 'oncall', step: 0 });
    await untilRollout(rollout, 'holding', 1);
    assert.ok(seen.looks[0]! < 13, `looked at after ${seen.looks[0]} minutes`);
    assert.equal((await outcomeOf(scene, rollout)).kind, 'completed');
  });

  it('is watched as well with all traffic behind a switch', async () => {
    const { analysis } = canary;
    const plan: BlueGreenSpec = {
      strategy: 'blueGreen',
      keepMs: 16 * HOUR,
      minRequests: 100,
      deadlineMs: HOUR,
      analysis,
    };
    const { rollout, seen } = await begin('switched', plan, (input, times) => (times < 4 ? sound : failed(input)));
    assert.equal((await outcomeOf(scene, rollout)).kind, 'aborted');
    assert.deepEqual([seen.looks.length, seen.watches.length], [0, 4]);
  });
});

describe('a candidate that waits for a person', () => {
  const asking = (intervalMs?: number): RolloutSpec => {
    const approve = { roles: ['reviewer'], deadlineMs: 24 * HOUR };
    const steps = [10, 100].map((weight) => ({ weight, holdMs: MINUTE, minRequests: 100, deadlineMs: HOUR, approve }));
    return { ...canary, steps, analysis: { ...canary.analysis, ...(intervalMs === undefined ? {} : { intervalMs }) } };
  };

  it('is watched meanwhile, also where its looks have an interval: there are none behind the one that passed', async () => {
    for (const intervalMs of [undefined, MINUTE]) {
      const { rollout, seen } = await begin(`asks-${intervalMs}`, asking(intervalMs), (input, times) =>
        times < 4 ? sound : failed(input),
      );
      const outcome = await outcomeOf(scene, rollout);
      assert.equal(outcome.kind === 'aborted' && outcome.reason, DEAD);
      assert.deepEqual([seen.looks.length, seen.watches.length], [1, 4]);
      assert.ok(seen.back < 10, `${seen.back} minutes after the shift`);
    }
  });

  it('goes back at the deadline as ever, however often it was sound', async () => {
    const { rollout, seen } = await begin('asks-nobody', asking(), () => sound);
    const outcome = await outcomeOf(scene, rollout);
    assert.match(outcome.kind === 'aborted' ? outcome.reason : '', /^nobody who may let it go on behind 10 %/);
    assert.ok(seen.watches.length > 90 && seen.watches.length < 150, `${seen.watches.length} in a day`);
  });
});

describe('a phase that is soon over, or says itself how often it is looked at', () => {
  it('is not watched besides', async () => {
    for (const [model, plan] of [
      ['declared', held({ intervalMs: 10 * MINUTE })],
      ['short', held({}, MINUTE)],
    ] as const) {
      const { rollout, seen } = await begin(model, plan, () => assert.fail('it was watched'));
      assert.equal((await outcomeOf(scene, rollout)).kind, 'completed');
      assert.deepEqual(seen.watches, []);
    }
  });
});
