/** What people say to a rollout, at the moments at which it does harm elsewhere: the last good version keeps serving. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { DeploymentEntry, Pointer } from '../../src/domain/environment/types.js';
import type { RolloutOutcome, TargetCommand } from '../../src/domain/rollout/types.js';
import type { RolloutSpec } from '../../src/domain/spec/types.js';
import { abortSignal, pauseSignal, promoteSignal, resumeSignal, rollbackUpdate } from '../../workflows/messages.js';
import { arbiterOf, canaryIn, declares, releaseOf, stateOf, untilSeen } from './acts.js';
import { allGoesWell, canary, DAY, digest } from './cast.js';
import { beginRollout, outcomeOf, rolloutOf, untilRollout, versionOf } from './rollouts.js';
import { openScene, type Fakes, type Scene } from './scene.js';

let scene: Scene;
const usual = (): Fakes => allGoesWell(() => scene.environment.client.workflow);
before(async () => {
  scene = await openScene(usual());
});
afterEach(() => scene.answer(usual()));
after(() => scene.end());

const slow: RolloutSpec = {
  ...canary,
  steps: canary.steps.map((step) => ({ ...step, holdMs: DAY, deadlineMs: 3 * DAY })),
};
const said = { by: 'oncall', reason: 'latency looks odd' };
/** The canary's steps take a day. */
const beginCanary = async (model: string): Promise<WorkflowHandle> => (await beginRollout(scene, model, slow)).rollout;
const midCanary = async (model: string): Promise<WorkflowHandle> => {
  const rollout = await beginCanary(model);
  await untilRollout(rollout, 'holding', 0);
  return rollout;
};

const of = <T>(activity: keyof Fakes, model: string): readonly T[] =>
  (scene.callsOf(activity) as readonly (T & { model?: string; command?: { model: string } })[]).filter(
    (input) => (input.model ?? input.command?.model) === model,
  );
/** Percent of each version in each command that moved traffic, in order. */
const shifts = (model: string): readonly string[] =>
  of<TargetCommand>('shiftTraffic', model).map(({ versions }) =>
    versions.map(({ artifactDigest, weight }) => `${artifactDigest.slice(7, 8)} ${weight}`).join(', '),
  );
const looks = (model: string): readonly number[] =>
  of<{ index: number }>('analyseStep', model).map(({ index }) => index);
/** Each change of what serves, as readers are told of it. */
const pointers = (model: string): readonly string[] =>
  of<{ entry: DeploymentEntry; pointer?: Pointer }>('recordDeployment', model).flatMap(({ pointer }) =>
    pointer === undefined ? [] : [`${pointer.epoch} ${pointer.artifactDigest.slice(7, 8)}`],
  );
const settled = (model: string, epoch: number) =>
  untilSeen(
    () => stateOf(scene, model),
    ({ active, history }) => active === undefined && history.some((entry) => entry.epoch === epoch),
  );
const ends = (rollout: WorkflowHandle): Promise<RolloutOutcome> => outcomeOf(scene, rollout);
/** Whatever is still to come is held no longer. */
const hurries = async (rollout: WorkflowHandle): Promise<RolloutOutcome> => {
  await rollout.signal(promoteSignal, said);
  return ends(rollout);
};

/** Answers an activity only when it is let go. */
const gate = (): { readonly opened: Promise<void>; open(): void } => {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
};

describe('a promotion', () => {
  it('said twice ends the hold of its step once, and of no other', { timeout: 60_000 }, async () => {
    const rollout = await midCanary('promoted-twice');
    for (let time = 0; time < 2; time += 1) await rollout.signal(promoteSignal, { ...said, step: 0 });
    await untilRollout(rollout, 'holding', 1);
    assert.deepEqual([looks('promoted-twice'), shifts('promoted-twice')], [[0], ['a 90, b 10', 'a 50, b 50']]);
    await rollout.signal(promoteSignal, { ...said, step: 0 });
    await scene.environment.sleep(DAY / 2);
    assert.deepEqual(looks('promoted-twice'), [0], 'the second step is held for its own time');
    assert.equal((await hurries(rollout)).kind, 'completed');
    assert.deepEqual(pointers('promoted-twice'), ['1 a', '2 b']);
  });

  it(
    'goes on where the door waits for the end of the hold, and looks once more before',
    { timeout: 60_000 },
    async () => {
      const rollout = await midCanary('at-the-door');
      let closed = true;
      const shift = usual().shiftTraffic!;
      scene.answer({
        shiftTraffic: (command) => {
          if (!closed || command.versions.at(-1)?.weight !== 50) return shift(command);
          throw ApplicationFailure.create({
            ...{ type: 'environment_held', message: 'its step is held first', nonRetryable: true },
            details: [{ holds: [], changesAt: Date.now() + 90 * DAY }],
          });
        },
      });
      await scene.environment.sleep(DAY);
      await untilRollout(rollout, 'held', 0);
      closed = false;
      await rollout.signal(promoteSignal, { ...said, step: 0 });
      await untilRollout(rollout, 'holding', 1);
      assert.deepEqual(looks('at-the-door'), [0, 0]);
    },
  );
});

describe('a pause', () => {
  it(
    'that comes while it looks gives no more traffic, and the step is gone through again',
    { timeout: 60_000 },
    async () => {
      const { opened, open } = gate();
      const rollout = await midCanary('looking');
      const analyse = usual().analyseStep!;
      scene.answer({ analyseStep: (input) => opened.then(() => analyse(input)) });
      await rollout.signal(promoteSignal, { ...said, step: 0 });
      await untilRollout(rollout, 'analysing', 0);
      await rollout.signal(pauseSignal, said);
      open();
      const view = await untilRollout(rollout, 'paused', 0);
      assert.deepEqual([view?.paused, view?.weight], [said, 10]);
      await scene.environment.sleep(10 * DAY);
      assert.deepEqual(shifts('looking'), ['a 90, b 10'], 'nothing moved while it was paused');
      await rollout.signal(resumeSignal, said);
      await untilRollout(rollout, 'holding', 1);
      assert.deepEqual(
        [looks('looking'), shifts('looking')],
        [
          [0, 0],
          ['a 90, b 10', 'a 90, b 10', 'a 50, b 50'],
        ],
      );
    },
  );

  it('that comes before the first step has it wait there', { timeout: 60_000 }, async () => {
    const { opened, open } = gate();
    const rollout = await beginCanaryWith('coming-up', { deployVersion: opened });
    await rollout.signal(pauseSignal, said);
    open();
    await untilRollout(rollout, 'paused', 0);
    await scene.environment.sleep(DAY);
    assert.deepEqual(shifts('coming-up'), []);
    await rollout.signal(abortSignal, said);
    assert.equal((await ends(rollout)).kind, 'aborted');
    assert.deepEqual(shifts('coming-up'), ['a 100']);
  });

  it('said twice is ended by one resume; a resume of what goes on changes nothing', { timeout: 60_000 }, async () => {
    const rollout = await midCanary('paused-twice');
    await rollout.signal(resumeSignal, said);
    for (const by of ['oncall', 'operator']) await rollout.signal(pauseSignal, { ...said, by });
    assert.equal((await untilRollout(rollout, 'paused', 0))?.paused?.by, 'oncall');
    await rollout.signal(resumeSignal, said);
    assert.equal((await untilRollout(rollout, 'holding', 0))?.paused, undefined);
    assert.equal((await hurries(rollout)).kind, 'completed');
    assert.deepEqual(pointers('paused-twice'), ['1 a', '2 b']);
  });
});

/** The same, with the activities of the second passage answering when they are let go. */
const beginCanaryWith = async (
  model: string,
  { deployVersion: opened }: { readonly deployVersion: Promise<void> },
): Promise<WorkflowHandle> => {
  const deploy = usual().deployVersion!;
  const { rollout } = await beginRollout(scene, model, slow, {
    deployVersion: (input) => opened.then(() => deploy(input)),
  });
  await untilSeen(
    async () => of('deployVersion', model).length,
    (count) => count === 2,
  );
  return rollout;
};

describe('an abort', () => {
  it('said twice goes back once, and nothing that comes later stops that', { timeout: 60_000 }, async () => {
    const { opened, open } = gate();
    const rollout = await midCanary('aborted-twice');
    const shift = usual().shiftTraffic!;
    scene.answer({ shiftTraffic: (command) => opened.then(() => shift(command)) });
    await rollout.signal(abortSignal, said);
    await untilRollout(rollout, 'aborting', 0);
    await rollout.signal(promoteSignal, { ...said, step: 0 });
    await rollout.signal(promoteSignal, said);
    await rollout.signal(pauseSignal, said);
    await rollout.signal(abortSignal, { by: 'operator', reason: 'me too' });
    open();
    const outcome = await ends(rollout);
    assert.deepEqual(outcome, {
      ...{ kind: 'aborted', steps: [], trafficRestored: true },
      reason: 'aborted by oncall: latency looks odd',
    });
    const { champion, history } = await settled('aborted-twice', 2);
    assert.deepEqual([champion?.artifactDigest, history[0]?.outcome], [digest('a'), 'rolled_back']);
    assert.deepEqual(shifts('aborted-twice').slice(1), ['a 100']);
    assert.deepEqual(pointers('aborted-twice'), ['1 a']);
  });

  it('ends a pause', { timeout: 60_000 }, async () => {
    const rollout = await midCanary('abort-in-pause');
    await rollout.signal(pauseSignal, said);
    await untilRollout(rollout, 'paused', 0);
    await rollout.signal(abortSignal, said);
    assert.equal((await ends(rollout)).kind, 'aborted');
    assert.equal(shifts('abort-in-pause').at(-1), 'a 100');
  });

  it('that comes after the end finds nobody, and changes nothing', { timeout: 60_000 }, async () => {
    const rollout = await midCanary('too-late');
    await hurries(rollout);
    await settled('too-late', 2);
    const before = shifts('too-late');
    await assert.rejects(rollout.signal(abortSignal, said), { name: 'WorkflowNotFoundError' });
    const { champion } = await stateOf(scene, 'too-late');
    assert.deepEqual([champion?.artifactDigest, shifts('too-late')], [digest('b'), before]);
    assert.deepEqual(pointers('too-late'), ['1 a', '2 b']);
  });

  // Last: a time-skipping server skips no more time once an activity has outlived its workflow.
  it(
    'of a rollback by hand leaves what serves, and the rollback can be asked for again',
    { timeout: 60_000 },
    async () => {
      scene.answer(declares(canaryIn('production', { strategy: 'immediate' })));
      await scene.endOf(await releaseOf(scene, 'rollback-aborted', 'a', 1));
      const { opened, open } = gate();
      const deploy = usual().deployVersion!;
      scene.answer({ deployVersion: (input) => opened.then(() => deploy(input)) });
      const back = (requestId: string) =>
        arbiterOf(scene, 'rollback-aborted').executeUpdate(rollbackUpdate, {
          args: [{ requestId, to: versionOf('9'), ...said }],
        });
      await back('first');
      await untilSeen(
        async () => of('deployVersion', 'rollback-aborted').length,
        (count) => count === 2,
      );
      await rolloutOf(scene, 'rollback-aborted').signal(abortSignal, said);
      const { champion, history } = await settled('rollback-aborted', 2);
      assert.deepEqual(
        [champion?.artifactDigest, history[0]?.kind, history[0]?.outcome],
        [digest('a'), 'rollback', 'rolled_back'],
      );
      assert.deepEqual(shifts('rollback-aborted'), ['a 100']);
      open();
      await back('second');
      await settled('rollback-aborted', 3);
      assert.deepEqual(pointers('rollback-aborted'), ['1 a', '3 9']);
    },
  );
});
