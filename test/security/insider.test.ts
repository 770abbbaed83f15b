/** What somebody with access to Temporal's namespace, and none to the API, makes of decisions that people gave. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import type { EnvironmentState } from '../../src/domain/environment/types.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { ferryFiles, FERRIES, ferrySpec, openProduct, type Product } from '../fixtures/product.js';

const ARBITER = `environment/${FERRIES}/production`;
const TWO = ferrySpec({
  'production, approval: automatic': 'production, approval: { roles: [reviewer], quorum: 2 }',
});

describe('given production that asks two reviewers, and an insider of the namespace', () => {
  let product: Product;
  let connection: Connection;
  let engine: Client;
  before(async () => {
    product = await openProduct({
      workers: 1,
      operator: {
        identities: [
          { name: 'author', roles: ['author'], gitEmails: ['author@example.test'] },
          { name: 'reviewer', roles: ['reviewer'], gitEmails: ['reviewer@example.test'] },
          { name: 'second-reviewer', roles: ['reviewer'], gitEmails: ['second@example.test'] },
          { name: 'oncall', roles: ['oncall', 'operator'], gitEmails: ['oncall@example.test'] },
        ],
      },
    });
    const address = product.state().processes.find(({ name }) => name === 'temporal')?.address ?? '';
    connection = await Connection.connect({ address });
    engine = new Client({ connection });
  });
  after(async () => {
    await connection.close();
    await product.close();
  });

  const waiting = async (note: string): Promise<ReleaseView> => {
    const commit = product.repository.commit(ferryFiles({ 'slipway.yaml': TWO, 'lib/note.mjs': `// ${note}\n` }));
    const view = await product.untilRelease(
      await product.releaseOf(commit),
      (now) => (now.waiting ?? now.outcome) !== undefined,
    );
    assert.equal(view.outcome, undefined, view.reason);
    return view;
  };
  const nameOf = (view: ReleaseView): string => `${view.model}/${view.commit}`;
  const approve = async (view: ReleaseView, as: string): Promise<void> => {
    const { exit, stderr } = await product.slipway(['approve', nameOf(view)], as);
    assert.equal(exit, 0, stderr);
  };
  const tokenOf = async (view: ReleaseView, as: string): Promise<string> => {
    const { exit, output, stderr } = await product.slipway(['approve', nameOf(view), '--print-token'], as);
    assert.equal(exit, 0, stderr);
    return (output as { statement: string }).statement;
  };

  it('S28: when a release is reset to before a decision that counted, then the copied signal does not count again', async () => {
    const view = await waiting('reset');
    const handle = engine.workflow.getHandle(view.releaseId);
    // A task of the workflow between the beginning of the wait and the decision: what is reset to that one waits already.
    await handle.signal('decide', { statement: 'nonsense' });
    await product.untilRelease(nameOf(view), ({ decisions }) => decisions.length === 1);
    const statement = await tokenOf(view, 'reviewer');
    await handle.signal('decide', { statement });
    await product.untilRelease(nameOf(view), ({ decisions }) => decisions.some(({ counted }) => counted));
    const runId = await reset(handle);
    const again = await product.untilRelease(nameOf(view), ({ decisions }) => decisions.length > 1);
    assert.deepEqual(
      again.decisions.map(({ counted, refusal }) => [counted, refusal]),
      [
        [false, 'statement_unsigned'],
        [false, 'statement_used'],
      ],
    );
    assert.equal(again.decisions[1]?.subject, 'reviewer');
    assert.equal((await handle.describe()).runId, runId);
    await approve(view, 'second-reviewer');
    const { waiting: still } = await product.show(nameOf(view));
    assert.ok(still !== undefined, 'one of two is not enough');
    await approve(view, 'reviewer');
    assert.equal((await product.untilEnded(nameOf(view))).outcome, 'promoted');
  });

  it('S33: when the arbiter is terminated and started by hand with a lower epoch, then it lowers nothing, and what runs stays', async () => {
    const before = await state();
    const arbiter = engine.workflow.getHandle(ARBITER);
    await arbiter.terminate('by an insider');
    await engine.workflow.start('environment', {
      taskQueue: 'control',
      workflowId: ARBITER,
      args: [
        {
          model: FERRIES,
          environment: 'production',
          state: { ...before, epoch: 0, history: [], settled: [], announced: [], queue: [] },
        },
      ],
    });
    const view = await waiting('after the arbiter');
    await approve(view, 'reviewer');
    await approve(view, 'second-reviewer').catch(() => undefined);
    const ended = await product.untilEnded(nameOf(view));
    assert.notEqual(ended.outcome, 'promoted', `epoch ${before.epoch} was used: ${ended.reason ?? ''}`);
    const answer = await product.request('GET', `/api/v1/models/${FERRIES}/environments/production`);
    const { serving } = (await answer.json()) as { serving: { fence: { epoch: number }; versions: unknown[] } };
    assert.ok(serving.fence.epoch >= before.epoch);
    // Whoever finds it ends it, and the next one begins above every epoch that anybody remembers.
    await engine.workflow.getHandle(ARBITER).terminate('by the operator');
    const next = await waiting('after the operator');
    await approve(next, 'reviewer');
    await approve(next, 'second-reviewer');
    assert.equal((await product.untilEnded(nameOf(next))).outcome, 'promoted');
    assert.ok((await state()).epoch > before.epoch);
  });

  const state = (): Promise<EnvironmentState> => engine.workflow.getHandle(ARBITER).query('state');

  /** To the last moment before the decision; signals that came afterwards are copied, as the Web UI does it. */
  const reset = async (handle: WorkflowHandle): Promise<string> => {
    const { events } = await handle.fetchHistory();
    const signalled = (events ?? []).findLastIndex(
      (event) => event.workflowExecutionSignaledEventAttributes?.signalName === 'decide',
    );
    const completed = (events ?? [])
      .slice(0, signalled)
      .findLast((event) => Boolean(event.workflowTaskCompletedEventAttributes));
    const { runId } = await engine.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: handle.workflowId },
      reason: 'by an insider',
      requestId: `reset-${handle.workflowId}`,
      workflowTaskFinishEventId: completed?.eventId ?? null,
    });
    for (;;) {
      const now = await handle.describe();
      if (now.runId === runId) return runId;
      await delay(50);
    }
  };
});
