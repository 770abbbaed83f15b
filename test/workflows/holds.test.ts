import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { ApplicationFailure, type WorkflowHandle } from '@temporalio/client';
import type { HoldsHere } from '../../activities/holdsHere.js';
import type { RolloutView, TargetCommand } from '../../src/domain/rollout/types.js';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { decideSignal, decideUpdate, lookSignal, releaseStateQuery, rollbackUpdate } from '../../workflows/messages.js';
import { arbiterOf, canaryIn, declares, releaseOf, stateOf, untilSeen, untilView } from './acts.js';
import { allGoesWell, canary, DAY, digest } from './cast.js';
import { beginRollout, untilRollout } from './rollouts.js';
import { openScene, type Fakes, type Scene } from './scene.js';

let scene: Scene;
const usual = (): Fakes => allGoesWell(() => scene.environment.client.workflow);
before(async () => {
  scene = await openScene(usual());
});
afterEach(() => scene.answer(usual()));
after(() => scene.end());

const HOLD = { id: 'hold-1', kind: 'hold', reason: 'stocktaking', by: 'oncall', override: [] } as const;
const FREE: HoldsHere = { inForce: [], overridden: [] };
const HELD: HoldsHere = { inForce: [HOLD], overridden: [] };
/** The door refuses, and whoever looks is told why. */
const holding = (
  holds: () => HoldsHere,
  where = 'production',
  passes: (letter: string) => boolean = () => false,
): Fakes => ({
  lookForHolds: ({ environment }) => (environment === where ? holds() : FREE),
  deployVersion: ({ command: { environment }, artifactDigest, then }) => {
    const { inForce, changesAt } = holds();
    if (environment === where && inForce.length > 0 && !passes(artifactDigest.slice(7, 8)))
      throw refusal(inForce, changesAt);
    return then;
  },
});
const refusal = (holds: HoldsHere['inForce'] = [HOLD], changesAt?: number) =>
  ApplicationFailure.create({
    type: 'environment_held',
    message: 'production takes no new version',
    nonRetryable: true,
    details: [{ holds, ...(changesAt === undefined ? {} : { changesAt }) }],
  });
const now = (): Promise<number> => scene.environment.currentTimeMs();
const staging: EnvironmentSpec = {
  name: 'staging',
  approval: { kind: 'none' },
  rollout: { strategy: 'immediate' },
  verify: { smokeRows: 10 },
  gates: ['quality'],
};
const production: EnvironmentSpec = { ...canaryIn('production', { strategy: 'immediate' }) };
describe('a release that something holds back', () => {
  it('waits and says why, while a rollback passes, and goes on when it is told to look again', async () => {
    scene.answer(declares(production));
    for (const [commit, order] of [['a', 1] as const, ['b', 2] as const])
      await scene.endOf(await releaseOf(scene, 'held', commit, order));
    scene.answer(
      holding(
        () => HELD,
        'production',
        (letter) => letter !== 'c',
      ),
    );
    const release = await releaseOf(scene, 'held', 'c', 3);
    const view = await untilView(release, ({ held }) => held !== undefined);
    assert.deepEqual([view.held?.environment, view.held?.holds], ['production', [HOLD]]);
    const before = await stateOf(scene, 'held');
    assert.deepEqual(
      [before.held?.holds[0]?.id, before.active, before.champion?.commit.slice(0, 1)],
      ['hold-1', undefined, 'b'],
    );

    await arbiterOf(scene, 'held').executeUpdate(rollbackUpdate, {
      args: [{ requestId: 'r', by: 'oncall', reason: 'x' }],
    });
    const after = await untilSeen(
      () => stateOf(scene, 'held'),
      (state) => state.champion?.commit.startsWith('a') === true && state.active === undefined,
    );
    assert.equal(after.held?.requestId, before.held?.requestId);

    scene.answer(holding(() => FREE));
    await arbiterOf(scene, 'held').signal(lookSignal);
    const ended = await scene.endOf<ReleaseView>(release);
    assert.deepEqual([ended.outcome, ended.held], ['promoted', undefined]);
  });

  it('gives way to a newer commit while it waits, and only that one goes on', async () => {
    scene.answer({ ...declares(production), ...holding(() => HELD) });
    const older = await releaseOf(scene, 'newer', 'a', 1);
    await untilView(older, ({ held }) => held !== undefined);
    const newer = await releaseOf(scene, 'newer', 'b', 2);
    assert.equal((await scene.endOf<ReleaseView>(older)).outcome, 'superseded');
    await untilView(newer, ({ held }) => held !== undefined);
    scene.answer(holding(() => FREE));
    await arbiterOf(scene, 'newer').signal(lookSignal);
    assert.equal((await scene.endOf<ReleaseView>(newer)).outcome, 'promoted');
    assert.equal((await stateOf(scene, 'newer')).history.length, 1);
  });

  it('goes on by itself at the end of a freeze', async () => {
    const until = (await now()) + 3 * DAY;
    const freeze = { ...HOLD, id: 'holidays', kind: 'freeze', until } as const;
    const frozen: HoldsHere = { inForce: [freeze], overridden: [], changesAt: until };
    let seen = FREE;
    scene.answer({
      ...declares(production),
      ...holding(() => seen),
      lookForHolds: async () => (seen = (await now()) < until ? frozen : FREE),
    });
    seen = frozen;
    const ended = await scene.endOf<ReleaseView>(await releaseOf(scene, 'thaws', 'a', 1));
    assert.equal(ended.outcome, 'promoted');
    assert.ok((ended.endedAt ?? 0) >= until, 'it did not wait until the end');
  });

  it('shows for ever who let it pass', async () => {
    scene.answer({ ...declares(production), ...holding(() => HELD) });
    const release = await releaseOf(scene, 'passes', 'a', 1);
    await untilView(release, ({ held }) => held !== undefined);
    const override = { freeze: 'hold-1', environment: 'production', by: 'operator', reason: 'urgent', at: 1 };
    scene.answer(holding(() => ({ inForce: [], overridden: [override] })));
    await arbiterOf(scene, 'passes').signal(lookSignal);
    const ended = await scene.endOf<ReleaseView>(release);
    assert.deepEqual([ended.outcome, ended.overrides], ['promoted', [override]]);
  });
});

/** A run goes on as new beyond 1,500 events. */
const ENOUGH_FOR_ANOTHER_RUN = 1_600;

describe('evidence at the end of a hold', () => {
  const heldFor = async (model: string, ms: number, approval: EnvironmentSpec['approval'], signals = 0) => {
    let held = true;
    scene.answer({
      ...declares(staging, { ...production, approval }),
      ...holding(() => (held ? HELD : FREE)),
    });
    const started = await releaseOf(scene, model, 'a', 1);
    // By its ID alone: a handle of the start stays with the first run.
    const release = scene.environment.client.workflow.getHandle(started.workflowId);
    if (approval.kind === 'required') {
      await untilView(release, ({ waiting }) => waiting !== undefined);
      const first = (await release.describe()).runId;
      for (let sent = 0; sent < signals; sent += 1)
        await release.signal(decideSignal, { statement: `approve nobody ${model}-noise-${sent}` });
      if (signals > 0)
        await untilSeen(
          async () => (await release.describe()).runId,
          (runId) => runId !== first,
        );
      await release.executeUpdate(decideUpdate, { args: [{ statement: `approve reviewer ${model}-1` }] });
    }
    await untilView(release, (view) => view.held !== undefined);
    await scene.environment.sleep(ms);
    return {
      release,
      thaw: async (fakes: Fakes = {}) => {
        held = false;
        scene.answer(fakes);
        await arbiterOf(scene, model).signal(lookSignal);
      },
    };
  };
  const gatesOf = (model: string): number =>
    scene.callsOf('evaluateGates').filter((input) => (input as { model: string }).model === model).length;
  const required: EnvironmentSpec['approval'] = {
    kind: 'required',
    roles: ['reviewer'],
    quorum: 1,
    remindAfterMs: DAY,
    expireAfterMs: 9 * DAY,
  };

  it('counts still where the hold was short', async () => {
    const { release, thaw } = await heldFor('short', 3_600_000, { kind: 'none' });
    await thaw();
    assert.equal((await scene.endOf<ReleaseView>(release)).outcome, 'promoted');
    assert.equal(gatesOf('short'), 1);
  });

  it('is found anew where it is older than a day, and stops what does not pass any more', async () => {
    const { release, thaw } = await heldFor('stale', 2 * DAY, { kind: 'none' });
    await thaw({
      evaluateGates: () => ({ verdict: 'fail', reason: 'worse than the champion now', evidence: digest('e') }),
    });
    const ended = await scene.endOf<ReleaseView>(release);
    assert.deepEqual([ended.outcome, gatesOf('stale')], ['blocked', 2]);
    assert.equal((await stateOf(scene, 'stale')).champion, undefined);
  });

  it('that is the same as before leaves the approval as it is', async () => {
    const { release, thaw } = await heldFor('same', 2 * DAY, required);
    await thaw();
    assert.equal((await scene.endOf<ReleaseView>(release)).outcome, 'promoted');
    assert.equal(gatesOf('same'), 2);
  });

  it('that changed asks people again', async () => {
    const { release, thaw } = await heldFor('changed', 2 * DAY, required);
    await thaw({ evaluateGates: () => ({ verdict: 'pass', reason: 'other rows', evidence: digest('e') }) });
    await untilView(release, ({ waiting }) => waiting !== undefined);
    assert.equal((await stateOf(scene, 'changed')).champion, undefined);
    await release.executeUpdate(decideUpdate, { args: [{ statement: 'approve reviewer changed-2' }] });
    assert.equal((await scene.endOf<ReleaseView>(release)).outcome, 'promoted');
  });

  it('that changed asks people again also where the wait before went on in another run', async () => {
    const { release, thaw } = await heldFor('onwards', 2 * DAY, required, ENOUGH_FOR_ANOTHER_RUN);
    const asked = () => scene.callsOf('prepareApproval').length;
    const before = asked();
    await thaw({ evaluateGates: () => ({ verdict: 'pass', reason: 'other rows', evidence: digest('e') }) });
    const { waiting } = await untilView(release, (view) => view.waiting !== undefined);
    assert.equal(asked(), before + 1, 'evidence is put together anew');
    assert.match(waiting?.stands ?? '', /^0 of 1 approvals/);
    await release.executeUpdate(decideUpdate, { args: [{ statement: 'approve reviewer onwards-2' }] });
    assert.equal((await scene.endOf<ReleaseView>(release)).outcome, 'promoted');
  });
});

describe('a freeze that opens in the middle of a rollout', () => {
  const weightOf = (command: TargetCommand): number =>
    command.versions.find(({ commit }) => commit.startsWith('b'))?.weight ?? 0;
  const midway = async (model: string) => {
    let frozen = true;
    const moved: number[] = [];
    const { release, rollout } = await beginRollout(scene, model, canary, {
      shiftTraffic: (command) => {
        if (command.model !== model) return undefined;
        if (frozen && weightOf(command) > 10) throw refusal();
        moved.push(weightOf(command));
        return undefined;
      },
    });
    const seen = (status: RolloutView['status']): Promise<RolloutView> => untilRollout(rollout, status);
    await seen('holding');
    await scene.environment.sleep('2 minutes');
    return { release, seen, moved, thaw: () => void (frozen = false) };
  };
  const look = (handle: WorkflowHandle): Promise<void> => handle.signal(lookSignal);

  it('holds it at its weight, and the step is measured anew before it goes on', async () => {
    const { release, seen, moved, thaw } = await midway('mid');
    const view = await seen('held');
    assert.match(view.held ?? '', /takes no new version/);
    assert.equal(moved.at(-1), 10);
    thaw();
    await look(arbiterOf(scene, 'mid'));
    const ended = await scene.endOf<ReleaseView>(release);
    assert.equal(ended.outcome, 'promoted');
    assert.deepEqual(
      moved.filter((weight, index) => weight !== moved[index - 1]),
      [10, 50, 100],
    );
    assert.ok(moved.filter((weight) => weight === 10).length >= 2, `10 % was measured once: ${moved.join()}`);
  });

  it('lets a rollback through, which gives the traffic back', async () => {
    const { release, seen } = await midway('back');
    await seen('held');
    await arbiterOf(scene, 'back').executeUpdate(rollbackUpdate, {
      args: [
        {
          requestId: 'r',
          to: { artifactDigest: digest('f'), releaseId: 'release/back/f', commit: 'f'.repeat(40) },
          by: 'oncall',
          reason: 'x',
        },
      ],
    });
    const ended = await scene.endOf<ReleaseView>(release);
    assert.equal(ended.outcome, 'rolled_back');
    assert.equal((await release.query(releaseStateQuery)).held, undefined);
  });
});
