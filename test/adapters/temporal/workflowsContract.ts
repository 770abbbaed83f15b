import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SlipwayError } from '../../../src/domain/errors/slipwayError.js';
import type { ErrorCode } from '../../../src/domain/errors/table.js';
import type { Visibility } from '../../../src/ports/visibility.js';
import type { WorkflowStart, Workflows } from '../../../src/ports/workflows.js';
import { eventually } from '../../fixtures/eventually.js';

export interface Opened {
  readonly workflows: Workflows;
  readonly visibility: Visibility;
  close(): Promise<void>;
}

/** What every implementation of the Workflows and Visibility ports must do. The workflow is probeWorkflow.ts, or the same in memory. */
export const workflowsContract = (name: string, begin: () => Promise<Opened>): void => {
  describe(`Workflows contract: ${name}`, () => {
    let opened: Opened;
    before(async () => {
      opened = await begin();
    });
    after(() => opened.close());
    const open = (): Opened => opened;
    let number = 0;
    const start = (): WorkflowStart => ({
      workflowType: 'probe',
      workflowId: `probe/contract/${++number}`,
      input: { from: 10 },
      summary: 'a probe',
      details: 'Adds **numbers**.',
      searchAttributes: { SlipwayModel: 'contract', SlipwayEnvironment: `e${number}` },
    });
    const code = (expected: ErrorCode) => (error: unknown) => error instanceof SlipwayError && error.code === expected;

    it('starts an ID once, also after it has ended', async () => {
      const { workflows } = open();
      const one = start();
      assert.deepEqual(await workflows.startOnce(one), { started: true });
      assert.deepEqual(await workflows.startOnce(one), { started: false });
      await workflows.signal(one.workflowId, 'finish', null);
      assert.deepEqual(await workflows.result(one.workflowId), { sum: 10 });
      assert.deepEqual(await workflows.startOnce(one), { started: false });
    });

    it('starts an ID once when many ask at the same time', async () => {
      const { workflows } = open();
      const one = start();
      const answers = await Promise.all(Array.from({ length: 8 }, () => workflows.startOnce(one)));
      assert.equal(answers.filter(({ started }) => started).length, 1);
    });

    it('signals a workflow, and starts it first where it does not run', async () => {
      const { workflows } = open();
      const one = start();
      await workflows.signalWithStart(one, 'add', { n: 1 });
      await workflows.signalWithStart(one, 'add', { n: 2 });
      assert.deepEqual(await workflows.query(one.workflowId, 'state'), { sum: 13 });
      await workflows.signal(one.workflowId, 'finish', null);
      await workflows.result(one.workflowId);
      await workflows.signalWithStart(one, 'add', { n: 5 });
      assert.deepEqual(await workflows.query(one.workflowId, 'state'), { sum: 15 }, 'an ended one is started again');
    });

    it('tells when a signal was taken, by its content', async () => {
      const { workflows } = open();
      const one = start();
      await workflows.signalWithStart(one, 'add', { n: 7 });
      assert.ok(((await workflows.signalledAt(one.workflowId, 'add', { n: 7 })) ?? 0) > 0);
      assert.equal(await workflows.signalledAt(one.workflowId, 'add', { n: 8 }), undefined);
      assert.equal(await workflows.signalledAt(one.workflowId, 'finish', { n: 7 }), undefined);
    });

    it('answers updates, once for the same argument', async () => {
      const { workflows } = open();
      const one = start();
      await workflows.startOnce(one);
      assert.deepEqual(await workflows.update(one.workflowId, 'add', { n: 1, id: 'a' }), { sum: 11 });
      assert.deepEqual(await workflows.update(one.workflowId, 'add', { id: 'a', n: 1 }), { sum: 11 });
      assert.deepEqual(await workflows.update(one.workflowId, 'add', { n: 1, id: 'b' }), { sum: 12 });
    });

    it('passes on the code, words and details of a refusal', async () => {
      const { workflows } = open();
      const one = start();
      await workflows.startOnce(one);
      await assert.rejects(workflows.update(one.workflowId, 'add', { n: -1 }), (error) => {
        assert.ok(error instanceof SlipwayError);
        assert.deepEqual([error.code, error.message, error.details], ['reason_required', 'why less?', { n: -1 }]);
        return true;
      });
    });

    it('says not_found for what never was', async () => {
      const { workflows } = open();
      await assert.rejects(workflows.signal('probe/none', 'add', { n: 1 }), code('not_found'));
      await assert.rejects(workflows.update('probe/none', 'add', { n: 1 }), code('not_found'));
      await assert.rejects(workflows.query('probe/none', 'state'), code('not_found'));
      await assert.rejects(workflows.cancel('probe/none'), code('not_found'));
      await assert.rejects(workflows.result('probe/none'), code('not_found'));
      await assert.rejects(workflows.triggerSchedule('probe-none'), code('not_found'));
    });

    it('says not_found for messages to what has ended, and still answers queries', async () => {
      const { workflows } = open();
      const one = start();
      await workflows.startOnce(one);
      await workflows.signal(one.workflowId, 'finish', null);
      await workflows.result(one.workflowId);
      await assert.rejects(workflows.signal(one.workflowId, 'add', { n: 1 }), code('not_found'));
      await assert.rejects(workflows.update(one.workflowId, 'add', { n: 1 }), code('not_found'));
      assert.deepEqual(await workflows.query(one.workflowId, 'state'), { sum: 10 });
    });

    it('lists by type and search attributes, running and ended, page by page', async () => {
      const { workflows, visibility } = open();
      const mine = { SlipwayModel: 'listed' };
      const ids: string[] = [];
      for (let index = 0; index < 3; index++) {
        const one = { ...start(), searchAttributes: mine };
        ids.push(one.workflowId);
        await workflows.startOnce(one);
      }
      await workflows.signal(ids[0]!, 'finish', null);
      await workflows.result(ids[0]!);
      const list = (more: object) =>
        visibility.list({ workflowType: 'probe', searchAttributes: mine, limit: 10, ...more });
      await eventually(async () => {
        assert.equal((await list({ running: true })).workflows.length, 2);
        assert.deepEqual(
          (await list({ running: false })).workflows.map(({ workflowId }) => workflowId),
          [ids[0]],
        );
      });
      const { workflows: all } = await list({});
      assert.deepEqual(
        all.map(({ running }) => running),
        [true, true, false],
      );
      assert.deepEqual(all[0]?.searchAttributes, mine);
      const first = await list({ limit: 2 });
      const second = await list({ limit: 2, cursor: first.cursor });
      assert.deepEqual(
        [...first.workflows, ...second.workflows].map(({ workflowId }) => workflowId).sort(),
        ids.toSorted(),
      );
      assert.deepEqual((await list({ workflowType: 'other' })).workflows, []);
      const ofOne = { SlipwayModel: ['listed', 'unlisted'] };
      assert.equal((await list({ searchAttributes: ofOne })).workflows.length, 3);
      assert.deepEqual((await list({ searchAttributes: { SlipwayModel: ['unlisted', 'other'] } })).workflows, []);
    });

    it('makes a schedule once, changes it, triggers it, and forgets it', async () => {
      const { workflows } = open();
      const schedule = {
        scheduleId: 'probe-schedule',
        everyMs: 86_400_000,
        workflowType: 'probe',
        workflowId: 'probe/scheduled',
        input: { from: 1 },
        taskQueue: 'control',
        note: 'a tick',
        jitterMs: 1000,
        searchAttributes: { SlipwayModel: 'contract' },
      };
      await workflows.ensureSchedule(schedule);
      await workflows.ensureSchedule({ ...schedule, everyMs: 43_200_000 });
      await workflows.triggerSchedule(schedule.scheduleId);
      await workflows.deleteSchedule(schedule.scheduleId);
      await workflows.deleteSchedule(schedule.scheduleId);
      await assert.rejects(workflows.triggerSchedule(schedule.scheduleId), code('not_found'));
    });
  });
};
