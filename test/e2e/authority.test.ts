/** What somebody who reaches Temporal, and has no token of the API, can bring about in production. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection, WorkflowFailedError } from '@temporalio/client';
import type { EnvironmentState } from '../../src/domain/environment/types.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { RolloutOutcome, TargetState } from '../../src/domain/rollout/types.js';
import { APPROVED_BY_A_REVIEWER, ferryFiles, FERRIES, openProduct, type Product } from '../fixtures/product.js';

const ARBITER = `environment/${FERRIES}/production`;

describe('given production that asks a reviewer, and somebody who reaches Temporal', () => {
  let product: Product;
  let connection: Connection;
  let engine: Client;
  let champion: ReleaseView;
  let unapproved: ReleaseView;

  const waiting = async (note: string): Promise<ReleaseView> => {
    const commit = product.repository.commit(
      ferryFiles({ 'slipway.yaml': APPROVED_BY_A_REVIEWER, 'lib/note.mjs': `// ${note}\n` }),
    );
    const view = await product.untilRelease(
      await product.releaseOf(commit),
      (now) => (now.waiting ?? now.outcome) !== undefined,
    );
    assert.equal(view.outcome, undefined, view.reason);
    return view;
  };
  const approve = async (view: ReleaseView): Promise<ReleaseView> => {
    const name = `${view.model}/${view.commit}`;
    // What was shown is void once the environment has moved on: then it is shown anew.
    for (let shown = await product.show(name); shown.outcome === undefined; shown = await product.show(name)) {
      if (shown.waiting !== undefined) await product.slipway(['approve', name], 'reviewer');
      await delay(200);
    }
    return product.show(name);
  };
  const arbiter = (): Promise<EnvironmentState> => engine.workflow.getHandle(ARBITER).query('state');
  const serving = async (): Promise<TargetState | undefined> => {
    const answer = await product.request('GET', `/api/v1/models/${FERRIES}/environments/production`);
    return ((await answer.json()) as { serving?: TargetState }).serving;
  };
  const assertOnly = async ({ artifactDigest }: ReleaseView): Promise<void> => {
    const versions = (await serving())?.versions.map(({ servedDigest, weight }) => [servedDigest, weight]);
    assert.deepEqual(versions, [[artifactDigest, 100]]);
  };
  const request = (requestId: string, { artifactDigest, releaseId, commit }: ReleaseView) =>
    engine.workflow.getHandle(ARBITER).signal('requestDeployment', {
      requestId,
      kind: 'rollback',
      version: { artifactDigest, releaseId, commit },
      rollout: { strategy: 'immediate' },
      order: 0,
      by: 'oncall',
      reason: 'by hand',
    });
  const settled = async (requestId: string): Promise<EnvironmentState> => {
    for (;;) {
      const state = await arbiter();
      if (state.settled.some((one) => one.requestId === requestId)) return state;
      await delay(100);
    }
  };

  before(async () => {
    product = await openProduct({ workers: 1 });
    const address = product.state().processes.find(({ name }) => name === 'temporal')?.address ?? '';
    connection = await Connection.connect({ address });
    engine = new Client({ connection });
    champion = await approve(await waiting('first'));
    assert.equal(champion.outcome, 'promoted', champion.reason);
    unapproved = await waiting('second');
  });
  after(async () => {
    await connection.close();
    await product.close();
  });

  it('when an unsigned signal asks for a version that nobody approved, then it never takes traffic', async () => {
    await request('forged', unapproved);
    const { history, champion: stays } = await settled('forged');
    assert.equal(history[0]?.outcome, 'rolled_back');
    assert.match(history[0].reason, /may not run in production: .*0 of 1 approvals for production are signed/);
    assert.equal(stays?.artifactDigest, champion.artifactDigest);
    await assertOnly(champion);
  });

  it('when a rollout is started by hand with the greatest epoch, then it is refused, and fences nobody out', async () => {
    const { artifactDigest, releaseId, commit } = champion;
    const version = { artifactDigest, releaseId, commit };
    for (const [candidate, before] of [
      [version, undefined],
      // Where the candidate cannot come up, the traffic goes "back" to whoever is called the champion.
      [
        { ...version, artifactDigest: `sha256:${'0'.repeat(64)}` },
        { ...unapproved, artifactDigest: unapproved.artifactDigest },
      ],
    ] as const) {
      const epoch = 9_007_199_254_740_990;
      const outcome = (await engine.workflow.execute('rollout', {
        workflowId: `rollout/${FERRIES}/production/${epoch}`,
        taskQueue: 'control',
        args: [
          {
            model: FERRIES,
            environment: 'production',
            epoch,
            requestId: 'by-hand',
            candidate,
            plan: { strategy: 'immediate' },
            seq: 1,
            ...(before === undefined ? {} : { champion: before }),
          },
        ],
      })) as RolloutOutcome;
      assert.equal(outcome.kind, 'aborted');
      assert.match(outcome.reason, /epoch 9007199254740990 is no number from 0 to /);
      assert.ok(((await serving())?.fence.epoch ?? Infinity) < 10);
    }
    await assertOnly(champion);
  });

  it('when somebody tells the arbiter that it is done, then neither production nor the ledger believes it', async () => {
    const epoch = (await arbiter()).epoch + 1;
    await request('claimed', unapproved);
    const handle = engine.workflow.getHandle(ARBITER);
    for (;;) {
      const done = (await handle.describe()).status.name !== 'RUNNING';
      if (done || (await arbiter()).settled.some(({ requestId }) => requestId === 'claimed')) break;
      await handle
        .signal('settled', { requestId: 'claimed', epoch, outcome: { kind: 'completed', steps: [] } })
        .catch(() => undefined);
    }
    await assertOnly(champion);
    assert.equal((await arbiter()).champion?.artifactDigest, champion.artifactDigest);
    const { stdout } = await product.say(['audit', 'show', unapproved.commit]);
    assert.doesNotMatch(stdout, /deployed in production/);
  });

  it('when a release that has ended for good is told on by hand, then nothing of it happens again, and its record stays', async () => {
    const { model, repository, commit, order, trigger, params } = champion;
    const view: ReleaseView = { ...champion, outcome: 'failed', reason: 'worker lost', decisions: [] };
    const resumed = engine.workflow.execute('release', {
      ...{ workflowId: champion.releaseId, taskQueue: 'control' },
      args: [{ model, repository, commit, order, trigger, params, resume: { number: 1, view } }],
    });
    await assert.rejects(resumed, (error) => error instanceof WorkflowFailedError);
    assert.deepEqual(await product.show(`${model}/${commit}`), champion);
    const { stdout } = await product.say(['audit', 'show', commit]);
    assert.doesNotMatch(stdout, /resumed/);
  });

  it('when the reviewer has approved, then it is deployed as ever', async () => {
    const ended = await approve(unapproved);
    assert.equal(ended.outcome, 'promoted', ended.reason);
    await assertOnly(unapproved);
    const back = await product.say(['rollback', FERRIES, 'production'], 'oncall');
    assert.equal(back.exit, 0, back.stderr);
    await assertOnly(champion);
  });
});
