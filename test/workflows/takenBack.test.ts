import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { ReleasePlan } from '../../src/domain/release/plan.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import type { TargetCommand } from '../../src/domain/rollout/types.js';
import { abortSignal, rolloutId } from '../../workflows/messages.js';
import { canaryIn, declares, releaseOf, stateOf, untilSeen, untilView } from './acts.js';
import { allGoesWell, DAY, digest, oneStep, pass } from './cast.js';
import { monitoring } from './incidentCast.js';
import { openRealScene, type Fakes, type Scene } from './scene.js';

let scene: Scene;
const usual = (): Fakes => ({
  ...allGoesWell(() => scene.environment.client.workflow),
  startMonitoring: () => undefined,
});
before(async () => {
  // The time-skipping server stands still for ever after an activity that was cancelled and went on.
  scene = await openRealScene(usual());
});
afterEach(() => scene.answer(usual()));
after(() => scene.end());

const immediate: EnvironmentSpec['rollout'] = { strategy: 'immediate' };
const gate = () => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
};

const ended = (release: WorkflowHandle): Promise<ReleaseView> =>
  untilView(release, ({ outcome }) => outcome !== undefined);

/** Version `a` serves in production; every release after it rolls out so. */
const served = async (model: string, rollout: EnvironmentSpec['rollout']): Promise<void> => {
  scene.answer(declares(canaryIn('production', rollout)));
  const first = await ended(await releaseOf(scene, model, 'a', 1));
  assert.equal(first.outcome, 'promoted');
};
/** From here on an activity answers only once it is let go. */
const held = (
  activity: 'deployVersion' | 'sendMessage' | 'startMonitoring',
  holds: (input: never) => boolean = () => true,
) => {
  const [reached, release, done] = [gate(), gate(), gate()];
  const answer = usual()[activity] as (input: never) => unknown;
  scene.answer({
    [activity]: async (input: never) => {
      if (!holds(input)) return answer(input);
      reached.open();
      await release.opened;
      const answered = await answer(input);
      done.open();
      return answered;
    },
  } as Fakes);
  return { reached: reached.opened, letGo: release.open, answered: done.opened };
};
const champion = async (model: string): Promise<string | undefined> =>
  (
    await untilSeen(
      () => stateOf(scene, model),
      ({ active, queue }) => active === undefined && queue.length === 0,
    )
  ).champion?.artifactDigest;
/** What the target was told last. */
const toldLast = (model: string): TargetCommand | undefined =>
  scene.calls
    .filter(({ activity }) => activity === 'deployVersion' || activity === 'shiftTraffic')
    .flatMap(({ input }) => {
      const { command, then } = input as { command?: TargetCommand; then?: TargetCommand };
      return [command ?? (input as TargetCommand), ...(then === undefined ? [] : [then])];
    })
    .filter((command) => command.model === model)
    .sort((a, b) => a.fence.epoch - b.fence.epoch || a.fence.seq - b.fence.seq)
    .at(-1);
const servingLast = (model: string): readonly string[] | undefined =>
  toldLast(model)?.versions.map(({ artifactDigest, weight }) => `${artifactDigest.slice(7, 8)} ${weight}`);
const rolloutOf = (model: string, epoch: number): WorkflowHandle =>
  scene.environment.client.workflow.getHandle(rolloutId(model, 'production', epoch));

describe('a release that is cancelled while production takes it', () => {
  it('leaves what ran before, also where its version was still coming up', async () => {
    await served('coming-up', immediate);
    const { reached, letGo } = held('deployVersion');
    const second = await releaseOf(scene, 'coming-up', 'b', 2);
    await reached;
    await second.cancel();
    const view = await ended(second);
    letGo();
    assert.equal(view.outcome, 'cancelled');
    assert.equal(await champion('coming-up'), digest('a'));
    assert.deepEqual(servingLast('coming-up'), ['a 100']);
  });

  it('leaves what ran before, also where the last shift of its canary was under way', async () => {
    await served('last-shift', oneStep(DAY, 100));
    const [reached, release] = [gate(), gate()];
    const { shiftTraffic } = usual();
    scene.answer({
      shiftTraffic: async (command) => {
        if (command.versions.length === 1 && command.versions[0]?.artifactDigest === digest('b')) {
          reached.open();
          await release.opened;
        }
        return shiftTraffic?.(command);
      },
    });
    const second = await releaseOf(scene, 'last-shift', 'b', 2);
    await reached.opened;
    await second.cancel();
    const view = await ended(second);
    release.open();
    assert.equal(view.outcome, 'cancelled');
    assert.equal(await champion('last-shift'), digest('a'));
    assert.deepEqual(servingLast('last-shift'), ['a 100']);
  });

  it('puts back what ran before, where it was deployed all the same', async () => {
    await served('too-late', immediate);
    // The word of the arbiter waits for its record, which is being written when the release is cancelled.
    const [reached, release] = [gate(), gate()];
    scene.answer({
      recordDeployment: async () => {
        reached.open();
        await release.opened;
      },
    });
    const second = await releaseOf(scene, 'too-late', 'b', 2);
    await reached.opened;
    await second.cancel();
    await untilSeen(
      () => Promise.resolve(scene.callsOf('sendMessage')),
      (sent) => sent.some((input) => (input as { signal: string }).signal === 'withdraw'),
    ).finally(() => release.open());
    const view = await ended(second);
    assert.deepEqual([view.outcome, view.reason], ['rolled_back', 'cancelled; aaaaaaaaaaaa serves again']);
    assert.equal(await champion('too-late'), digest('a'));
  });

  it('puts back what ran before, where only its monitoring was still to begin', async () => {
    await served('unwatched', immediate);
    const { runChecks } = declares(canaryIn('production', immediate));
    scene.answer({
      runChecks: (input) => {
        const checked = runChecks?.(input) as { readonly plan: ReleasePlan };
        return { ...checked, plan: { ...checked.plan, monitoring } };
      },
    });
    const { reached, letGo } = held('startMonitoring');
    const second = await releaseOf(scene, 'unwatched', 'b', 2);
    await reached;
    await second.cancel();
    const view = await ended(second).finally(letGo);
    assert.deepEqual([view.outcome, view.reason], ['rolled_back', 'cancelled; aaaaaaaaaaaa serves again']);
    assert.equal(await champion('unwatched'), digest('a'));
  });

  it('is not deployed by a request that arrives after it was taken back', async () => {
    await served('late', immediate);
    const { reached, letGo, answered } = held(
      'sendMessage',
      (input: { signal: string }) => input.signal === 'requestDeployment',
    );
    const second = await releaseOf(scene, 'late', 'b', 2);
    await reached;
    await second.cancel();
    assert.equal((await ended(second)).outcome, 'cancelled');
    letGo();
    await answered;
    const { settled } = await stateOf(scene, 'late');
    assert.deepEqual([settled[0]?.outcome.kind, settled.length], ['refused', 2]);
    assert.equal(await champion('late'), digest('a'));
  });
});

describe('a rollout that somebody aborts', () => {
  it('gives the traffic back, also where its version was still coming up', async () => {
    await served('aborted', immediate);
    const { reached, letGo } = held('deployVersion');
    const second = await releaseOf(scene, 'aborted', 'b', 2);
    await reached;
    await rolloutOf('aborted', 2).signal(abortSignal, { by: 'oncall', reason: 'stop' });
    const view = await ended(second).finally(letGo);
    assert.deepEqual([view.outcome, view.reason], ['rolled_back', 'aborted by oncall: stop']);
    assert.deepEqual(servingLast('aborted'), ['a 100']);
  });
});

describe('a first version that its canary rejects', () => {
  it('does not go on serving', async () => {
    scene.answer({
      ...declares(canaryIn('production', oneStep(DAY, 100))),
      analyseStep: ({ index, step }) => ({ ...pass(index, step.weight), verdict: 'fail', reason: 'errors beyond' }),
    });
    const view = await ended(await releaseOf(scene, 'rejected', 'f', 1));
    assert.equal(view.outcome, 'rolled_back');
    assert.match(view.reason ?? '', /errors beyond.*nothing ran before: nothing serves/);
    assert.deepEqual(servingLast('rejected'), []);
    assert.equal(await champion('rejected'), undefined);
  });
});
