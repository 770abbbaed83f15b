/** Labels did not decide: its owners are asked what becomes of a provisional version. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { LookAtBakeInput } from '../../activities/lookAtBake.js';
import type { FoundAnswer } from '../../activities/lookForAnswer.js';
import type { BakeAnswer } from '../../src/domain/bake/bakeAnswer.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { BakeSpec } from '../../src/domain/spec/bake.js';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import type { Notification } from '../../src/ports/notifier.js';
import {
  bakeAnsweredSignal,
  environmentMovedSignal,
  releaseStateQuery,
  type CarriedRelease,
} from '../../workflows/messages.js';
import { canaryIn, declares, releaseOf, startRelease, stateOf, untilSeen, untilView } from './acts.js';
import { allGoesWell, DAY, digest, inputOf, plan } from './cast.js';
import { openScene, type Fakes, type Scene } from './scene.js';

let scene: Scene;
/** What people have said, as the ledger has it. */
let said: Extract<FoundAnswer, { kind: 'given' | 'missing' }> = { kind: 'missing', refused: [] };

const replacedIn = async (model: string, artifactDigest: string) => {
  const { champion, history } = await stateOf(scene, model);
  return champion?.artifactDigest === artifactDigest
    ? undefined
    : {
        kind: 'replaced' as const,
        by: champion?.commit.slice(0, 3) ?? '',
        how: history[0]?.kind === 'release' ? ('newer' as const) : ('back' as const),
      };
};
const usual = (): Fakes => ({
  ...allGoesWell(() => scene.environment.client.workflow),
  lookAtBake: async ({ model, artifactDigest }) => ({
    since: 1,
    verdict: (await replacedIn(model, artifactDigest)) ?? { kind: 'waiting', reason: 'too few labels' },
  }),
  lookForAnswer: async ({ model, artifactDigest }) => (await replacedIn(model, artifactDigest)) ?? said,
});
before(async () => {
  scene = await openScene(usual());
});
afterEach(() => {
  said = { kind: 'missing', refused: [] };
  scene.answer(usual());
});
after(() => scene.end());

const bake: BakeSpec = {
  ...{ metric: 'brier', maxLoss: 0.2, minLabels: 100, minShare: 0.5, withinMs: 6 * DAY, otherwise: 'ask' },
  answerWithinMs: 10 * DAY,
};
const production: EnvironmentSpec = { ...canaryIn('production', { strategy: 'immediate' }), bake };
const stageOf = ({ stages }: ReleaseView) => stages.find(({ name }) => name === 'bake');
const given = (kind: BakeAnswer, by: string): typeof said => ({
  ...{ kind: 'given', evidence: digest('e') },
  answer: { kind, by, reason: 'sales', at: 1 },
});
const toldOf = (model: string): readonly Notification[] =>
  (scene.callsOf('notify') as Notification[]).filter(
    ({ kind, subject }) => kind === 'bake_asks' && subject.startsWith(model),
  );

const deployed = async (model: string, commit: string, order: number): Promise<WorkflowHandle> => {
  scene.answer(declares(production));
  const release = await releaseOf(scene, model, commit, order);
  await untilView(release, (view) => stageOf(view)?.status === 'waiting');
  return release;
};
/** Six days have passed without enough labels. */
const asking = async (model: string, commit = 'a', order = 1): Promise<WorkflowHandle> => {
  const release = await deployed(model, commit, order);
  await scene.environment.sleep(6.1 * DAY);
  await untilView(release, ({ bakeAsked }) => bakeAsked !== undefined);
  return release;
};
const endOf = (release: WorkflowHandle): Promise<ReleaseView> =>
  untilSeen(
    async () => {
      await scene.environment.sleep('1 minute');
      return release.query(releaseStateQuery);
    },
    ({ endedAt }: ReleaseView) => endedAt !== undefined,
  );

describe('a provisional version that labels did not decide on', () => {
  it('asks its owners, for so long, where everybody sees it', { timeout: 60_000 }, async () => {
    const release = await asking('asks');
    const view = await untilView(release, () => true);
    const { environment, owners, since, until, reason, reminders } = view.bakeAsked!;
    assert.deepEqual([environment, owners, until - since, reminders], ['production', ['oncall'], 10 * DAY, 0]);
    assert.equal(reason, 'no verdict by its deadline: too few labels');
    assert.deepEqual([view.outcome, view.endedAt, stageOf(view)?.status], ['provisional', undefined, 'waiting']);
    assert.match(stageOf(view)?.reason ?? '', /^asks oncall until \d{4}-.* what becomes of it: no verdict by/);
    const told = await untilSeen(
      async () => toldOf('asks'),
      (all) => all.length > 0,
    );
    assert.match(told[0]?.body ?? '', /slipway release confirm asks\/a{40}, or slipway release revert asks\/a{40}$/);
    said = given('revert', 'oncall');
    await release.signal(bakeAnsweredSignal);
    await endOf(release);
  });

  it('is confirmed by a person, at once', { timeout: 60_000 }, async () => {
    const release = await asking('kept');
    said = given('confirm', 'operator');
    await release.signal(bakeAnsweredSignal);
    const ended = await endOf(release);
    assert.deepEqual(
      [ended.outcome, stageOf(ended)?.status, stageOf(ended)?.reason, stageOf(ended)?.evidence, ended.bakeAsked],
      ['promoted', 'passed', 'confirmed by operator: sales', digest('e'), undefined],
    );
  });

  it('goes back by a person, through its arbiter', { timeout: 60_000 }, async () => {
    const first = await asking('reverted');
    said = given('confirm', 'operator');
    await first.signal(bakeAnsweredSignal);
    await endOf(first);
    said = { kind: 'missing', refused: [] };
    const second = await asking('reverted', 'b', 2);
    said = given('revert', 'oncall');
    await second.signal(bakeAnsweredSignal);
    const ended = await endOf(second);
    assert.equal(ended.outcome, 'rolled_back');
    assert.match(ended.reason ?? '', /taken back by oncall: sales; a{12} serves again/);
    assert.equal((await stateOf(scene, 'reverted')).champion?.releaseId, first.workflowId);
  });

  it('is found answered also where the message was lost', { timeout: 60_000 }, async () => {
    const release = await asking('lost');
    said = given('confirm', 'operator');
    await scene.environment.sleep(DAY);
    assert.equal((await endOf(release)).outcome, 'promoted');
  });

  it(
    'reminds twice, and stays provisional where nobody answers: silence confirms nothing',
    { timeout: 60_000 },
    async () => {
      const release = await asking('silent');
      const reminders = async (): Promise<number | undefined> =>
        (await release.query(releaseStateQuery)).bakeAsked?.reminders;
      await scene.environment.sleep(5 * DAY);
      assert.equal(await untilSeen(reminders, (count) => count === 1), 1);
      await scene.environment.sleep(4 * DAY);
      assert.equal(await untilSeen(reminders, (count) => count === 2), 2);
      said = { kind: 'missing', refused: ['author wrote, started or resumed the release'] };
      await scene.environment.sleep(1.5 * DAY);
      const ended = await endOf(release);
      assert.equal(ended.outcome, 'provisional');
      assert.match(
        ended.reason ?? '',
        /nobody who may said what becomes of it \(author wrote.*\); it serves on, and nobody confirmed it$/,
      );
      assert.equal(toldOf('silent').length, 3);
      assert.equal((await stateOf(scene, 'silent')).champion?.releaseId, release.workflowId);
    },
  );

  it(
    'holds nothing up while its owners cannot be told, and tells nobody who need not know any more',
    { timeout: 60_000 },
    async () => {
      const away = (id: string): void => {
        if (id.includes('/asks/')) throw new Error('the channel is away');
      };
      scene.answer({ ...usual(), ...declares(production), notify: ({ id }: Notification) => away(id) });
      const release = await asking('untold');
      await untilSeen(
        async () => toldOf('untold').length,
        (tries) => tries > 1,
      );
      said = given('confirm', 'operator');
      await release.signal(bakeAnsweredSignal);
      assert.equal((await endOf(release)).outcome, 'promoted');
      const { events } = await release.fetchHistory();
      const asks = (events ?? []).filter(
        ({ activityTaskScheduledEventAttributes: of }) => of?.activityType?.name === 'notify',
      );
      const cancelled = (events ?? []).map(({ activityTaskCancelRequestedEventAttributes: of }) =>
        String(of?.scheduledEventId ?? ''),
      );
      assert.ok(
        asks.some(({ eventId }) => cancelled.includes(String(eventId))),
        'what was on its way is taken back',
      );
    },
  );

  it('tells them in the next run what the run before could not, and nothing twice', { timeout: 60_000 }, async () => {
    const told: string[] = [];
    let away = true;
    scene.answer({
      ...usual(),
      ...declares(production),
      notify: ({ id }: Notification) => {
        if (away && id.includes('/asks/')) throw new Error('the channel is away');
        told.push(id);
      },
    });
    const first = await asking('carried');
    const view = await untilView(first, ({ bakeAsked }) => bakeAsked !== undefined);
    said = given('confirm', 'operator');
    await first.signal(bakeAnsweredSignal);
    await endOf(first);
    said = { kind: 'missing', refused: [] };
    told.length = 0;
    away = false;
    // The server that skips time does not survive that a run goes on as another one while an activity is tried again.
    const asked = view.bakeAsked!;
    const goesOn = (bake: object) =>
      startRelease(scene, {
        ...{ ...inputOf('a', 1), model: 'carried' },
        carried: {
          ...{ view, plan: { ...plan, environments: [production] }, decisions: { arrived: [] } },
          bake: { until: asked.since, asked, ...bake },
        } as unknown as CarriedRelease,
      });
    const asks = (): readonly string[] => told.filter((id) => id.includes('/asks/'));
    for (const [bake, times] of [
      [{ telling: true }, 1],
      [{}, 0],
    ] as const) {
      told.length = 0;
      const looks = scene.callsOf('lookForAnswer').length;
      const release = await goesOn(bake);
      await untilSeen(
        async () => scene.callsOf('lookForAnswer').length,
        (count) => count > looks,
      );
      await untilSeen(
        async () => asks().length,
        (count) => count === times,
      );
      said = given('confirm', 'operator');
      await release.signal(bakeAnsweredSignal);
      assert.equal((await endOf(release)).outcome, 'promoted');
      assert.deepEqual(
        asks().map((id) => id.includes('carried') && id.includes('/asks/0/')),
        new Array<boolean>(times).fill(true),
      );
      said = { kind: 'missing', refused: [] };
    }
  });

  it('ends at once when something newer takes its place', { timeout: 60_000 }, async () => {
    const first = await asking('overtaken');
    await deployed('overtaken', 'b', 2);
    assert.deepEqual((await endOf(first)).outcome, 'superseded');
  });
});

describe('messages to a version that waits for labels', () => {
  it(
    'have it look who has the place, and spend nothing of the chance of a false alarm',
    { timeout: 60_000 },
    async () => {
      const release = await deployed('nudged', 'a', 1);
      const inputs = (): readonly LookAtBakeInput[] =>
        (scene.callsOf('lookAtBake') as LookAtBakeInput[]).filter(({ model }) => model === 'nudged');
      assert.equal(inputs().length, 1);
      for (const count of [2, 3, 4]) {
        await release.signal(environmentMovedSignal);
        await untilSeen(
          async () => inputs().length,
          (looks) => looks === count,
        );
      }
      assert.deepEqual(
        inputs().map(({ only }) => only),
        [undefined, 'place', 'place', 'place'],
      );
      // A twelfth of its time after the first judgement, whatever came between.
      await scene.environment.sleep(0.51 * DAY);
      const fifth = await untilSeen(
        async () => inputs(),
        (looks) => looks.length === 5,
      );
      assert.equal(fifth.at(-1)?.only, undefined);
      const view = await untilView(release, () => true);
      assert.match(stageOf(view)?.reason ?? '', /: too few labels$/, 'and what labels said is said still');
    },
  );
});
