import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { TargetCommand } from '../../src/domain/rollout/types.js';
import type { ReleasePlan } from '../../src/domain/release/plan.js';
import {
  announceSignal,
  environmentId,
  releaseId,
  releaseStateQuery,
  withdrawSignal,
} from '../../workflows/messages.js';
import { canaryIn, declares, startRelease, stateOf, untilSeen } from './acts.js';
import { allGoesWell, digest, inputOf, oneStep } from './cast.js';
import { openRealScene, type Scene } from './scene.js';

const RELEASES = 100;

let scene: Scene;
before(async () => {
  // In real time: the time-skipping server takes a minute for each look at one of a hundred.
  scene = await openRealScene({
    ...allGoesWell(() => scene.environment.client.workflow),
    recallRelease: () => ({ finished: [], decisions: [] }),
  });
});
after(() => scene.end());

/** A command log is sound when fences only rise, and no passage goes on after the next one has begun. */
const assertOneWriter = (commands: readonly TargetCommand[]): void => {
  let [epoch, seq] = [0, 0];
  for (const { fence } of commands) {
    const rises = fence.epoch > epoch || (fence.epoch === epoch && fence.seq > seq);
    assert.ok(rises, `${fence.epoch}.${fence.seq} after ${epoch}.${seq}`);
    [epoch, seq] = [fence.epoch, fence.seq];
  }
};

const commandsOf = (model: string): readonly TargetCommand[] =>
  scene.calls
    .filter(({ activity }) => activity === 'deployVersion' || activity === 'shiftTraffic')
    .flatMap(({ activity, input }) => {
      if (activity === 'shiftTraffic') return [input as TargetCommand];
      const { command, then } = input as { command: TargetCommand; then?: TargetCommand };
      return then === undefined ? [command] : [command, then];
    })
    .filter((command) => command.model === model);

const commitOf = (order: number): string => order.toString(16).padStart(40, '0');

/** Starts releases of the model in this order of their commits, all at once; what became of each. */
const releaseAll = async (
  model: string,
  orders: readonly number[],
  whenBusy?: ReleasePlan['whenBusy'],
): Promise<readonly ReleaseView[]> => {
  const environments = [canaryIn('production', oneStep(3_600_000, 1))];
  const declared = declares(...environments).runChecks;
  scene.answer({
    runChecks: (input) => {
      const checked = declared?.(input) as { readonly plan: ReleasePlan };
      return { ...checked, plan: { ...checked.plan, ...(whenBusy === undefined ? {} : { whenBusy }) } };
    },
    packageArtifact: ({ commit }) => ({ artifactDigest: `sha256:${commit.padEnd(64, '0')}`, evidence: digest('3') }),
  });
  const handles = await Promise.all(
    orders.map((order) => startRelease(scene, { ...inputOf('0', order), model, commit: commitOf(order) })),
  );
  assert.equal(new Set(handles.map(({ workflowId }) => workflowId)).size, orders.length);
  return Promise.all(handles.map((handle) => handle.result() as Promise<ReleaseView>));
};

/** Somebody older is on their way, until it is said that they are not any more. */
const announceFirst = async (model: string): Promise<() => Promise<void>> => {
  const first = releaseId(model, commitOf(0));
  // It is there, and says nothing: one that is gone would be in nobody's way.
  const waiting = await scene.environment.client.workflow.start('release', {
    ...{ taskQueue: 'nobody', workflowId: first, args: [inputOf('0', 0)] },
  });
  const arbiter = await scene.environment.client.workflow.signalWithStart('environment', {
    ...{ taskQueue: 'control', workflowId: environmentId(model, 'production') },
    ...{ args: [{ model, environment: 'production' }], signal: announceSignal },
    signalArgs: [{ releaseId: first, order: 0 }],
  });
  return async () => {
    await arbiter.signal(withdrawSignal, { releaseId: first });
    await waiting.terminate();
  };
};

/** In the order of their ends. */
const promotedOf = (views: readonly ReleaseView[]): readonly number[] =>
  views
    .filter(({ outcome }) => outcome === 'promoted')
    .sort((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0))
    .map(({ order }) => order);

describe('a hundred releases of one model, started at once', () => {
  it(
    'end with the newest promoted, the others superseded or promoted before it in order, and one writer of traffic',
    { timeout: 300_000 },
    async (context) => {
      const model = 'many';
      const all = Array.from({ length: RELEASES }, (_, index) => index + 1);
      // Not in the order of their commits: what counts is the branch, not who came first.
      const views = await releaseAll(
        model,
        all.map((order) => (order * 37) % 101),
      );
      const promoted = promotedOf(views);
      const superseded = views.filter(({ outcome }) => outcome === 'superseded').length;
      const commands = commandsOf(model);
      context.diagnostic(`promoted: ${promoted.join()}; superseded: ${superseded}; commands: ${commands.length}`);
      assert.equal(promoted.length + superseded, RELEASES, JSON.stringify(views.map(({ outcome }) => outcome)));
      assert.deepEqual(
        promoted,
        all.filter((order) => promoted.includes(order)),
        'in order',
      );
      assert.equal(promoted.at(-1), RELEASES);
      assertOneWriter(commands);
      const { champion, active, queue, history } = await stateOf(scene, model);
      assert.deepEqual([champion?.releaseId, active, queue], [releaseId(model, commitOf(RELEASES)), undefined, []]);
      const deployed = history.filter(({ outcome }) => outcome === 'deployed').map(({ order }) => order ?? 0);
      assert.deepEqual(
        deployed,
        deployed.toSorted((a, b) => b - a),
        'the champion only becomes newer',
      );
    },
  );

  it('are held to that: a passage that goes on after the next one began is seen', () => {
    const command = (epoch: number, seq: number) => ({ fence: { epoch, seq } }) as TargetCommand;
    assertOneWriter([command(1, 1), command(1, 2), command(2, 1)]);
    for (const wrong of [
      [command(2, 1), command(1, 2)],
      [command(1, 1), command(1, 1)],
    ])
      assert.throws(() => assertOneWriter(wrong));
  });
});

describe('releases of one model that follow each other', () => {
  it('have their turns one after the other, in the order of the branch', { timeout: 120_000 }, async () => {
    const model = 'queued';
    const order = [3, 1, 4, 2];
    const views = await releaseAll(model, order, 'queue');
    const turns = views.map(({ order: of, outcome }) => `${of} ${outcome}`).sort();
    // Who announces itself after a newer one had its turn gives way to it.
    const first = promotedOf(views)[0] ?? 0;
    assert.deepEqual(
      turns,
      [1, 2, 3, 4].map((of) => `${of} ${of < first ? 'superseded' : 'promoted'}`),
    );
    assert.deepEqual(
      promotedOf(views),
      [1, 2, 3, 4].filter((of) => of >= first),
    );
    const inTurn = views.filter(({ outcome }) => outcome === 'promoted').toSorted((one, two) => one.order - two.order);
    for (const [at, { order: of, stages }] of inTurn.slice(1).entries()) {
      const entered = stages.find(({ name }) => name === 'deploy')?.startedAt ?? 0;
      assert.ok(entered >= (inTurn[at]?.endedAt ?? Infinity), `${of} entered before the one before it had ended`);
    }
    assertOneWriter(commandsOf(model));
    const { announced, champion } = await stateOf(scene, model);
    assert.deepEqual([announced, champion?.releaseId], [[], releaseId(model, commitOf(4))]);
  });

  it('are all promoted in the order of the branch, where the oldest came first', { timeout: 120_000 }, async () => {
    const [model, orders] = ['lined', [1, 2, 3, 4]];
    const withdrawFirst = await announceFirst(model);
    const ended = releaseAll(model, orders, 'queue');
    // Nobody has a turn before all of them are in line: who would have come after a newer one's turn gives way.
    await untilSeen(
      async () => (await stateOf(scene, model)).announced?.length,
      (announced) => announced === 1 + orders.length,
    );
    await withdrawFirst();
    assert.deepEqual(promotedOf(await ended), orders);
    assertOneWriter(commandsOf(model));
    const { history, champion } = await stateOf(scene, model);
    assert.equal(champion?.releaseId, releaseId(model, commitOf(4)));
    const deployed = history.filter(({ outcome }) => outcome === 'deployed').map(({ order }) => order);
    assert.deepEqual(deployed.toReversed(), orders);
  });

  it('say that they are in line until whoever is before them has ended', { timeout: 120_000 }, async () => {
    const model = 'line';
    const withdrawFirst = await announceFirst(model);
    const ended = releaseAll(model, [2], 'queue');
    const waiting = scene.environment.client.workflow.getHandle(releaseId(model, commitOf(2)));
    await untilSeen(
      async () => (await waiting.query(releaseStateQuery).catch(() => undefined))?.stages,
      (stages) => stages?.some(({ status, reason }) => status === 'waiting' && /^in line/.test(reason ?? '')) === true,
    );
    await withdrawFirst();
    assert.deepEqual(
      (await ended).map(({ outcome }) => outcome),
      ['promoted'],
    );
  });

  it(
    'are refused while one is on its way, where the repository says so, and may be resumed',
    { timeout: 120_000 },
    async () => {
      const model = 'refused';
      const views = await releaseAll(model, [1, 2, 3], 'reject');
      const [promoted, ...refused] = views.toSorted(
        (a, b) => (a.outcome === 'promoted' ? -1 : 1) - (b.outcome === 'promoted' ? -1 : 1),
      );
      assert.equal(promoted?.outcome, 'promoted');
      for (const { outcome, reason, stages } of refused) {
        assert.equal(outcome, 'failed');
        assert.equal(reason, `release_under_way: ${promoted?.releaseId} of the same model is on its way`);
        assert.equal(stages.find(({ name }) => name === 'build')?.status, 'skipped', 'before anything is built');
      }
      assert.equal(refused.length, 2);
    },
  );

  it('are promoted when they are resumed after that, once nobody is on their way', { timeout: 120_000 }, async () => {
    const model = 'resumed';
    const withdrawFirst = await announceFirst(model);
    const [refused] = await releaseAll(model, [1], 'reject');
    assert.ok(refused !== undefined);
    assert.deepEqual(
      [refused.outcome, refused.reason],
      ['failed', `release_under_way: ${releaseId(model, commitOf(0))} of the same model is on its way`],
    );
    const resume = async (number: number, view: ReleaseView): Promise<ReleaseView> => {
      const told = { number, view, by: 'author', anyway: false, changed: [] };
      const handle = await startRelease(scene, { ...inputOf('0', 1), model, commit: commitOf(1), resume: told });
      return (await handle.result()) as ReleaseView;
    };
    const again = await resume(1, refused);
    assert.deepEqual([again.resumed, again.outcome], [1, 'failed'], 'the other is still on its way');
    await withdrawFirst();
    const promoted = await resume(2, again);
    assert.deepEqual([promoted.resumed, promoted.outcome], [2, 'promoted'], promoted.reason);
    assert.equal((await stateOf(scene, model)).champion?.releaseId, refused.releaseId);
  });
});
