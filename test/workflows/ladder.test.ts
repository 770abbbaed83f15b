/** 45 days of a silent reviewer, over a change of clocks, a weekend and a holiday, by a real calendar. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createCalendar } from '../../src/adapters/calendar/calendar.js';
import { planLadder } from '../../src/domain/approval/planLadder.js';
import type { BusinessCalendar } from '../../src/domain/calendar/types.js';
import type { ReleaseView, WaitingView } from '../../src/domain/release/types.js';
import type { RequiredApproval } from '../../src/domain/spec/types.js';
import { decideUpdate } from '../../workflows/messages.js';
import { canaryIn, declares, releaseOf, untilView } from './acts.js';
import { allGoesWell, DAY } from './cast.js';
import { openScene, type Fakes, type Scene } from './scene.js';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const usual = (): Fakes => allGoesWell(() => scene.environment.client.workflow);
let scene: Scene;
before(async () => {
  scene = await openScene(usual());
});
after(() => scene.end());

const policy: RequiredApproval = {
  kind: 'required',
  roles: ['reviewer'],
  quorum: 1,
  remindAfterMs: 4 * HOUR,
  delegateAfterMs: 8 * HOUR,
  escalateAfterMs: 24 * HOUR,
  escalateTo: ['lead'],
  escalateDecides: true,
  expireAfterMs: 45 * DAY,
};

/** The Friday, 15:00 UTC, before the clocks of Berlin go forward next. */
const fridayBeforeSummer = (now: number): number => {
  for (let year = new Date(now).getUTCFullYear(); ; year += 1) {
    const last = new Date(Date.UTC(year, 2, 31, 15));
    const friday = last.getTime() - last.getUTCDay() * DAY - 2 * DAY;
    if (friday > now + DAY) return friday;
  }
};

const dateOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** What prepareApproval plans, for one reviewer who works in Berlin and has the Monday off. */
const planned = (friday: number): Fakes => {
  const day = [{ from: '09:00', to: '17:00' }];
  const calendar: BusinessCalendar = {
    name: 'office',
    timeZone: 'Europe/Berlin',
    hours: { mon: day, tue: day, wed: day, thu: day, fri: day },
    holidays: [dateOf(friday + 3 * DAY)],
  };
  const { prepareApproval } = usual();
  return {
    prepareApproval: (input) => ({
      ...(prepareApproval?.(input) as object),
      ladder: planLadder({
        policy,
        roles: policy.roles,
        deciders: [{ name: 'reviewer-1', calendar, deputies: ['deputy'] }],
        since: input.expireAt - policy.expireAfterMs,
        expireAt: input.expireAt,
        businessInstant: createCalendar().businessInstant,
      }),
    }),
  };
};

const toldOf = (kind: string) =>
  (scene.callsOf('notify') as readonly { kind: string; to: string }[]).filter((one) => one.kind === kind);

const passTo = async (at: number): Promise<void> => {
  await scene.environment.sleep(Math.max(1, at - (await scene.environment.currentTimeMs())));
};

describe('a reviewer who never answers', () => {
  it(
    'is reminded, replaced and passed over in their own time, and the release expires',
    { timeout: 120_000 },
    async () => {
      const friday = fridayBeforeSummer(await scene.environment.currentTimeMs());
      scene.answer({
        ...declares({ ...canaryIn('production', { strategy: 'immediate' }), approval: policy }),
        ...planned(friday),
      });
      await passTo(friday);
      const release = await releaseOf(scene, 'silent', 'c', 1);
      const { waiting } = await untilView(release, (view) => view.waiting !== undefined);
      const since = waiting?.since ?? Number.NaN;
      assert.ok(since >= friday && since < friday + MINUTE);
      const seen = async (holds: (wait: WaitingView) => boolean): Promise<WaitingView> => {
        const view = await untilView(release, ({ waiting: wait }) => wait !== undefined && holds(wait));
        assert.ok(view.waiting);
        return view.waiting;
      };
      const climbedAt = async (): Promise<WaitingView['climbed']> => (await seen(() => true)).climbed;
      // Friday has an hour left; Monday is off; on Tuesday the clocks are an hour ahead: 9:00 is 7:00 UTC.
      const tuesday = friday + 4 * DAY - 8 * HOUR;
      const steps = [
        [tuesday + 3 * HOUR, { reminders: 1, delegated: [], escalated: false }],
        [tuesday + 7 * HOUR, { reminders: 2, delegated: ['reviewer-1'], escalated: false }],
        [tuesday + 2 * DAY + 7 * HOUR, { reminders: 6, delegated: ['reviewer-1'], escalated: true }],
      ] as const;
      let before = { reminders: 0, delegated: [] as readonly string[], escalated: false };
      for (const [at, reached] of steps) {
        const due = at + (since - friday);
        const early = await climbedAt();
        assert.deepEqual([early?.delegated, early?.escalated], [before.delegated, before.escalated]);
        await passTo(due - MINUTE);
        const still = await seen(() => true);
        assert.deepEqual(
          [still.climbed?.delegated, still.climbed?.escalated],
          [before.delegated, before.escalated],
          'not a minute earlier',
        );
        await passTo(due + MINUTE);
        const now = await seen(({ climbed }) => climbed?.reminders === reached.reminders);
        assert.deepEqual(now.climbed, reached);
        const shown = now.ladder?.some((step) => step.at === due && step.taken) === true;
        assert.ok(shown || still.remindAt === due, 'the step has the time at which it came');
        before = reached;
      }
      assert.deepEqual(
        toldOf('approval_delegated').map(({ to }) => to),
        ['deputy', 'reviewer-1'],
      );
      assert.deepEqual(
        toldOf('approval_escalated').map(({ to }) => to),
        ['lead'],
      );
      await passTo(since + 45 * DAY - MINUTE);
      assert.equal((await untilView(release, () => true)).outcome, undefined, 'silence means nothing, until the end');
      await passTo(since + 45 * DAY + MINUTE);
      const { outcome, decisions } = await untilView(release, (view) => view.outcome !== undefined);
      assert.deepEqual([outcome, decisions], ['expired', []]);
      assert.ok(toldOf('approval_reminder').length > 30);
    },
  );

  it('is stood in for only once the place was given', { timeout: 60_000 }, async () => {
    const friday = fridayBeforeSummer(await scene.environment.currentTimeMs());
    scene.answer({
      ...declares({ ...canaryIn('production', { strategy: 'immediate' }), approval: policy }),
      ...planned(friday),
    });
    await passTo(friday);
    const asked: unknown[] = [];
    scene.answer({
      verifyDecision: (input) => {
        asked.push([input.silent, input.escalatedTo]);
        const { statement, ...rest } = input;
        return usual().verifyDecision?.({
          ...rest,
          statement: asked.length < 3 ? statement.replace('deputy', 'nobody') : statement,
        });
      },
    });
    const release = await releaseOf(scene, 'stoodIn', 'd', 2);
    await untilView(release, ({ waiting }) => waiting !== undefined);
    const decide = (jti: string) =>
      release.executeUpdate(decideUpdate, { args: [{ statement: `approve deputy ${jti}` }] });
    await assert.rejects(decide('j1'));
    await passTo(friday + 4 * DAY);
    await untilView(release, ({ waiting }) => waiting?.climbed?.delegated.length === 1);
    await assert.rejects(decide('j2'));
    await passTo(friday + 7 * DAY);
    await untilView(release, ({ waiting }) => waiting?.climbed?.escalated === true);
    await decide('j3');
    assert.equal((await scene.endOf<ReleaseView>(release)).outcome, 'promoted');
    assert.deepEqual(asked, [
      [undefined, undefined],
      [['reviewer-1'], undefined],
      [['reviewer-1'], ['lead']],
    ]);
  });
});
