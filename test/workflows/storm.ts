import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { decideSignal, decideUpdate } from '../../workflows/messages.js';
import { canaryIn, declares, releaseOf, untilView } from './acts.js';
import { allGoesWell, DAY, judge } from './cast.js';
import { openRealScene, type Scene } from './scene.js';

const SENDERS = 8;
/** Positions of decisions that count among those that do not. */
const validAmong = (messages: number): ReadonlyMap<number, string> =>
  new Map([
    [1, 'approve first valid-1'],
    [messages / 2, 'approve second valid-2'],
    [messages - 10, 'approve third valid-3'],
  ]);

interface Sent {
  readonly accepted: number;
  readonly refused: number;
}

/** What the engine refuses its sender hears, and sends again where it counts. */
const storm = async (release: WorkflowHandle, messages: number): Promise<Sent> => {
  const valid = validAmong(messages);
  let [next, accepted, refused] = [0, 0, 0];
  const sender = async (): Promise<void> => {
    for (let at = next++; at < messages; at = next++) {
      const counts = valid.get(at);
      const statement = counts ?? (at % 3 === 0 ? 'approve first valid-1' : `approve nobody forged-${at}`);
      for (let sent = false; !sent;) {
        try {
          await release.signal(decideSignal, { statement });
          accepted += 1;
          sent = true;
        } catch {
          refused += 1;
          sent = counts === undefined;
        }
      }
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  return { accepted, refused };
};

/** Sends so many signals to a release that waits for four people, and three of them count. */
export const describeStorm = (messages: number): Promise<void> =>
  describe(`a storm of ${messages} signals on a release that waits`, () => {
    let scene: Scene;
    before(async () => {
      scene = await openRealScene(allGoesWell(() => scene.environment.client.workflow));
    });
    after(() => scene.end());

    it('goes on as new in time, loses nothing that the engine took, and is approved by those who may', async () => {
      const approval = {
        kind: 'required',
        roles: ['reviewer'],
        quorum: 4,
        remindAfterMs: DAY,
        expireAfterMs: 9 * DAY,
      } as const;
      scene.answer(declares({ ...canaryIn('production', { strategy: 'immediate' }), approval }));
      scene.answer({
        verifyDecision: ({ statement, earlier }) => {
          const record = judge(statement);
          const isUsed = earlier.some(({ jti }) => jti === record.jti);
          return {
            record: isUsed ? { ...record, counted: false, refusal: 'statement_used' } : record,
            evidenceChanged: false,
          };
        },
      });
      const release = await releaseOf(scene, 'stormy', 'a', 1);
      await untilView(release, ({ waiting }) => waiting !== undefined);
      const client = scene.environment.client.workflow;
      const current = client.getHandle(release.workflowId);
      const first = (await current.describe()).runId;
      const { accepted, refused } = await storm(current, messages);
      const total = (view: ReleaseView): number => view.decisions.length + (view.unlistedDecisions ?? 0);
      const seen = await untilView(current, (view) => total(view) === accepted);
      assert.notEqual((await current.describe()).runId, first, 'another run goes on');
      assert.deepEqual(
        seen.decisions.filter(({ counted }) => counted).map(({ jti }) => jti),
        [...validAmong(messages).values()].map((statement) => statement.split(' ')[2]),
      );
      const state = await current.executeUpdate(decideUpdate, { args: [{ statement: 'approve fourth valid-4' }] });
      assert.equal(state.state, 'approved');
      const view = (await current.result()) as ReleaseView;
      assert.equal(view.outcome, 'promoted');
      const alerts = (scene.callsOf('notify') as readonly { kind: string }[]).filter(
        ({ kind }) => kind === 'decisions_refused',
      );
      assert.equal(alerts.length, 1, 'operators are told once');
      // Figures for docs and notes.
      console.log(
        `${accepted} taken, ${refused} refused by the engine, ${scene.callsOf('screenDecisions').length} looks`,
      );
    });
  });
