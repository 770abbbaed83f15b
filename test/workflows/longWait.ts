/** A release that waits while people change their minds without end: what it remembers and hands over does not grow with that. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { decideSignal, decideUpdate, releaseStateQuery } from '../../workflows/messages.js';
import { canaryIn, declares, releaseOf, untilSeen, untilView } from './acts.js';
import { allGoesWell, DAY, judge } from './cast.js';
import { openRealScene, type Scene } from './scene.js';

const PEOPLE = 5;
/** Sent at once; the next ones when these are judged. */
const AT_ONCE = 50;
const MAX_CARRIED_BYTES = 128 * 1024;
/** Beyond it nobody would be answered; a run goes on as new long before. */
const MAX_EVENTS = 4_000;

/** Each person approves and takes that back, again and again. */
const wordOf = (at: number): string =>
  `${Math.floor(at / PEOPLE) % 2 === 0 ? 'approve' : 'withdraw'} person-${at % PEOPLE} word-${at}`;

const total = ({ decisions, unlistedDecisions = 0 }: ReleaseView): number => decisions.length + unlistedDecisions;

const sayAll = async (release: WorkflowHandle, decisions: number): Promise<ReleaseView | undefined> => {
  // A run that ends just then cannot be asked.
  const look = (): Promise<ReleaseView | undefined> => release.query(releaseStateQuery).catch(() => undefined);
  let view: ReleaseView | undefined;
  for (let said = 0; said < decisions; said += AT_ONCE) {
    const words = Array.from({ length: AT_ONCE }, (_, at) => wordOf(said + at));
    await Promise.all(words.map((statement) => release.signal(decideSignal, { statement })));
    view = await untilSeen(look, (seen) => seen !== undefined && total(seen) >= said + AT_ONCE);
  }
  return view;
};

interface Run {
  readonly events: number;
  readonly carriedBytes: number;
}

/** Every run of the workflow up to the one that goes on. */
const runsOf = async (scene: Scene, workflowId: string, first: string): Promise<readonly Run[]> => {
  const runs: Run[] = [];
  for (let runId = first; ;) {
    const { events = [] } = await scene.environment.client.workflow.getHandle(workflowId, runId).fetchHistory();
    const next = events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes;
    if (!next?.newExecutionRunId) return runs;
    const carriedBytes = (next.input?.payloads ?? []).reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
    runs.push({ events: events?.length ?? 0, carriedBytes });
    runId = next.newExecutionRunId;
  }
};

/** Has five people say so many words to a release that waits for six. */
export const describeLongWait = (decisions: number): Promise<void> =>
  describe(`a release that waits while people change their minds ${decisions} times`, () => {
    let scene: Scene;
    before(async () => {
      scene = await openRealScene(allGoesWell(() => scene.environment.client.workflow));
    });
    after(() => scene.end());

    it('carries no more after thousands of decisions than after some, and still counts each once', async (context) => {
      const approval = {
        kind: 'required',
        roles: ['reviewer'],
        quorum: PEOPLE + 1,
        remindAfterMs: DAY,
        expireAfterMs: 9 * DAY,
      } as const;
      scene.answer(declares({ ...canaryIn('production', { strategy: 'immediate' }), approval }));
      let most = 0;
      scene.answer({
        // As the ledger, which knows what counted without being told.
        verifyDecision: ({ statement, earlier }) => {
          most = Math.max(most, earlier.length);
          return { record: judge(statement), evidenceChanged: false, onRecord: true };
        },
      });
      const release = await releaseOf(scene, 'minds', 'a', 1);
      const current = scene.environment.client.workflow.getHandle(release.workflowId);
      await untilView(current, ({ waiting }) => waiting !== undefined);
      const first = (await current.describe()).runId;
      const view = await sayAll(current, decisions);
      assert.ok(view !== undefined);
      assert.equal(total(view), decisions, 'each is counted once');
      assert.ok(view.decisions.length <= 200 + PEOPLE, `${view.decisions.length} are listed`);
      assert.ok(most <= PEOPLE, `${most} were remembered`);
      const runs = await runsOf(scene, release.workflowId, first);
      const [one] = runs;
      context.diagnostic(
        `${decisions} decisions, ${runs.length} runs handed over: ${runs.map(({ events, carriedBytes }) => `${events} events, ${Math.ceil(carriedBytes / 1024)} KiB`).join('; ')}`,
      );
      assert.ok(one !== undefined && runs.length > 1, 'it went on as a new run');
      for (const { events, carriedBytes } of runs) {
        assert.ok(events <= MAX_EVENTS, `${events} events`);
        assert.ok(carriedBytes <= MAX_CARRIED_BYTES, `${carriedBytes} bytes`);
      }
      for (let at = 0; at < PEOPLE; at += 1)
        await current.executeUpdate(decideUpdate, { args: [{ statement: `approve person-${at} last-${at}` }] });
      const { state } = await current.executeUpdate(decideUpdate, { args: [{ statement: 'approve boss last-boss' }] });
      assert.equal(state, 'approved');
      assert.equal(((await current.result()) as ReleaseView).outcome, 'promoted');
    });
  });
