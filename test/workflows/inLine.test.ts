/** Releases that follow each other: what people see of the wait for a turn, when it ends, and who may not hold it up. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import type { ReleasePlan } from '../../src/domain/release/plan.js';
import { renderStageTable } from '../../src/domain/release/stageTable.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { environmentId, announceSignal } from '../../workflows/messages.js';
import { releaseOf, stateOf, untilSeen, untilView } from './acts.js';
import { allGoesWell, DAY, digest, plan } from './cast.js';
import { openRealScene, type Scene } from './scene.js';

let scene: Scene;
before(async () => {
  scene = await openRealScene(allGoesWell(() => scene.environment.client.workflow));
});
after(() => scene.end());

/** Starts a release of a commit; the one with the lowest order waits for people, and keeps its turn as long. */
const startAll = async (
  model: string,
  orders: readonly number[],
  turn: Pick<ReleasePlan, 'whenBusy' | 'turnWithinMs'>,
): Promise<readonly WorkflowHandle[]> => {
  const [production] = plan.environments.slice(-1);
  assert.ok(production !== undefined);
  scene.answer({
    runChecks: () => ({
      verdict: 'pass',
      reason: 'ok',
      plan: { ...plan, environments: [{ ...production, rollout: { strategy: 'immediate' } }], ...turn },
      authorship: { authors: ['author'], unknown: [], trigger: 'author' },
      evidence: digest('1'),
    }),
  });
  const handles: WorkflowHandle[] = [];
  for (const order of orders) {
    handles.push(await releaseOf(scene, model, order.toString(16), order));
    await untilSeen(
      async () => (await stateOf(scene, model).catch(() => undefined))?.announced.map((one) => one.order),
      (announced) => announced?.includes(order) === true,
    );
  }
  return handles;
};

const isAfter =
  (other: WorkflowHandle | undefined) =>
  ({ awaited }: ReleaseView): boolean =>
    awaited?.after === other?.workflowId && awaited !== undefined;

describe('a release in line', () => {
  it('shows whom it waits for, since when, until when and what can be done, and follows the line', async () => {
    const [first, second, third] = await startAll('shown', [1, 2, 3], { whenBusy: 'queue', turnWithinMs: DAY });
    assert.ok(first && second && third);
    await untilView(first, ({ waiting }) => waiting !== undefined);
    const view = await untilView(second, isAfter(first));
    assert.equal(view.awaited?.askedFor, 'turn');
    assert.equal((view.awaited?.until ?? 0) - (view.awaited?.since ?? 0), DAY);
    assert.match(renderStageTable(view), /in line for production, right after release/);
    await untilView(third, isAfter(second));
    await second.cancel();
    await untilView(third, isAfter(first));
    await first.cancel();
    const entered = await untilView(third, ({ waiting }) => waiting !== undefined);
    assert.equal(entered.awaited, undefined, 'its turn came');
    await third.cancel();
    assert.equal(((await third.result()) as ReleaseView).outcome, 'cancelled');
  });

  it('ends as expired where its turn does not come in time, and leaves the line', async () => {
    const [first] = await startAll('late', [1], { whenBusy: 'queue', turnWithinMs: DAY });
    const [second] = await startAll('late', [2], { whenBusy: 'queue', turnWithinMs: 2_000 });
    const view = (await second?.result()) as ReleaseView;
    assert.deepEqual(
      [view.outcome, view.reason],
      ['expired', `its turn did not come in time, ${first?.workflowId} was before it`],
    );
    assert.equal(view.awaited, undefined);
    await untilSeen(
      async () => (await stateOf(scene, 'late')).announced.map(({ releaseId }) => releaseId),
      (announced) => announced.join() === first?.workflowId,
    );
    await first?.cancel();
  });

  it('is not held up by one that was ended by hand, and has withdrawn nothing', async () => {
    const [first, second] = await startAll('gone', [1, 2], { whenBusy: 'queue', turnWithinMs: DAY });
    assert.ok(first && second);
    await untilView(second, isAfter(first));
    await first.terminate();
    // Nobody hears of that; the next one that gets in line looks after whoever is on their way.
    const [third] = await startAll('gone', [3], { whenBusy: 'queue', turnWithinMs: DAY });
    await untilView(second, ({ waiting }) => waiting !== undefined);
    assert.ok(third);
    await untilView(third, isAfter(second));
    await second.terminate();
    const [fourth] = await startAll('gone', [4], { whenBusy: 'queue', turnWithinMs: DAY });
    await untilView(third, ({ waiting }) => waiting !== undefined);
    await third.cancel();
    await untilView(fourth!, ({ waiting }) => waiting !== undefined);
    await fourth?.cancel();
  });

  it('is not refused for one that was ended by hand, where only one may be on its way', async () => {
    const [first] = await startAll('alone', [1], { whenBusy: 'reject', turnWithinMs: DAY });
    assert.ok(first);
    await untilView(first, ({ waiting }) => waiting !== undefined);
    const refused = await releaseOf(scene, 'alone', '2', 2);
    assert.match(((await refused.result()) as ReleaseView).reason ?? '', /^release_under_way/);
    await first.terminate();
    const [third] = await startAll('alone', [3], { whenBusy: 'reject', turnWithinMs: DAY });
    assert.ok(third);
    await untilView(third, ({ waiting }) => waiting !== undefined);
    await third.terminate();
  });

  it('ends as timed out where nobody says whether it may go on', async () => {
    const model = 'silent';
    scene.answer({
      recoverEnvironment: () => {
        throw ApplicationFailure.nonRetryable('the chain is broken', 'ledger_tampered');
      },
    });
    const arbiter = await scene.environment.client.workflow.signalWithStart('environment', {
      ...{ taskQueue: 'control', workflowId: environmentId(model, 'production') },
      ...{ args: [{ model, environment: 'production' }], signal: announceSignal },
      signalArgs: [{ releaseId: 'release/silent/0', order: 0 }],
    });
    const [production] = plan.environments.slice(-1);
    scene.answer({
      runChecks: () => ({
        verdict: 'pass',
        reason: 'ok',
        plan: {
          ...plan,
          environments: production === undefined ? [] : [production],
          whenBusy: 'reject',
          turnWithinMs: 500,
        },
        authorship: { authors: ['author'], unknown: [], trigger: 'author' },
        evidence: digest('1'),
      }),
    });
    const release = await releaseOf(scene, model, 'a', 1);
    const { outcome, reason } = (await release.result()) as ReleaseView;
    assert.deepEqual([outcome, reason], ['failed', 'timed_out: production did not say that it may go on']);
    await arbiter.terminate();
  });
});
