/** Blue/green, shadows and steps that wait for a person: the real workflows, with activities that answer as told. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { AnalyseStepInput } from '../../activities/analyseStep.js';
import type { Notification } from '../../src/ports/notifier.js';
import type { RolloutOutcome, RolloutView, TargetCommand } from '../../src/domain/rollout/types.js';
import type { BlueGreenSpec, CanarySpec, RolloutSpec, ShadowSpec } from '../../src/domain/spec/types.js';
import { abortSignal, promoteSignal, rolloutId, rolloutStateQuery } from '../../workflows/messages.js';
import { canaryIn, declares, releaseOf, stateOf, untilSeen } from './acts.js';
import { allGoesWell, canary, DAY, digest, pass } from './cast.js';
import { openScene, type Fakes, type Scene } from './scene.js';

let scene: Scene;
const usual = (): Fakes => allGoesWell(() => scene.environment.client.workflow);
before(async () => {
  scene = await openScene(usual());
});
afterEach(() => scene.answer(usual()));
after(() => scene.end());

const { analysis } = canary;
const lasts = { minRequests: 100, deadlineMs: 3_600_000 };
const MINUTE = 60_000;
const blueGreen: BlueGreenSpec = { strategy: 'blueGreen', keepMs: 8 * MINUTE, ...lasts, analysis };
const shadow: ShadowSpec = { copies: 25, holdMs: MINUTE, ...lasts, analysis };
const asking: CanarySpec = {
  ...canary,
  steps: [
    { weight: 25, holdMs: 0, ...lasts, approve: { roles: ['reviewer'], deadlineMs: DAY } },
    { weight: 100, holdMs: MINUTE, ...lasts },
  ],
};

/** A champion of epoch 1, and the rollout of the version after it, which has begun. */
const second = async (model: string, rollout: RolloutSpec, fakes: Fakes = {}): Promise<WorkflowHandle> => {
  scene.answer(declares(canaryIn('production', { strategy: 'immediate' })));
  const first = await scene.endOf<{ outcome: string }>(await releaseOf(scene, model, 'a', 1));
  assert.equal(first.outcome, 'promoted');
  scene.answer({ ...declares(canaryIn('production', rollout)), ...fakes });
  scene.calls.length = 0;
  await releaseOf(scene, model, 'b', 2);
  const handle = scene.environment.client.workflow.getHandle(rolloutId(model, 'production', 2));
  await untilSeen(
    () => handle.query(rolloutStateQuery).catch(() => undefined),
    (view?: RolloutView) => view !== undefined,
  );
  return handle;
};
const endOf = (rollout: WorkflowHandle) => scene.endOf<RolloutOutcome>(rollout);
const viewOf = (rollout: WorkflowHandle, holds: (view: RolloutView) => boolean): Promise<RolloutView> =>
  untilSeen(() => rollout.query(rolloutStateQuery), holds);
/** Each command that moved traffic: who had what, as which role. */
const moves = (): readonly string[] =>
  (scene.callsOf('shiftTraffic') as TargetCommand[]).map(({ versions }) =>
    versions
      .map(({ artifactDigest, role, weight, copies }) => {
        const share = copies === undefined ? String(weight) : `copies of ${copies}`;
        return `${artifactDigest[7]} ${role} ${share}`;
      })
      .join(', '),
  );
const looks = () => scene.callsOf('analyseStep') as AnalyseStepInput[];
const fails: Fakes = {
  analyseStep: ({ index, step, phase }) => ({
    ...{ ...pass(index, step.weight), verdict: 'fail', reason: 'too many errors' },
    ...(phase === undefined ? {} : { phase }),
  }),
};
const championOf = async (model: string) => (await stateOf(scene, model)).champion?.artifactDigest;

describe('blue/green', () => {
  it('takes everything in one switch, keeps what ran before beside it, and releases it in the end', async () => {
    const model = 'switched';
    const rollout = await second(model, blueGreen);
    const outcome = await endOf(rollout);
    assert.equal(outcome.kind, 'completed');
    assert.deepEqual(moves(), ['a champion 0, b candidate 100', 'b champion 100']);
    assert.deepEqual(
      looks().map(({ phase, step, champion }) => [phase, step.holdMs, champion]),
      Array(4).fill(['switch', 8 * MINUTE, digest('a')]),
      'after an eighth, a quarter, half and all of its time',
    );
    const order = scene.calls.map(({ activity }) => activity).filter((name) => /^(measure|deploy|shift)/.test(name));
    assert.deepEqual(order, ['measureChampion', 'deployVersion', 'shiftTraffic', 'shiftTraffic']);
    await untilSeen(
      () => championOf(model),
      (champion) => champion === digest('b'),
    );
  });

  it('switches back at the first look that fails, long before the other would be released', async () => {
    const rollout = await second('switched-back', blueGreen, fails);
    const outcome = await endOf(rollout);
    assert.deepEqual([outcome.kind, outcome.kind === 'aborted' && outcome.reason], ['aborted', 'too many errors']);
    assert.deepEqual(moves(), ['a champion 0, b candidate 100', 'a champion 100']);
    assert.equal(looks().length, 1);
    assert.equal(await championOf('switched-back'), digest('a'));
  });

  it('is one command away from what ran before while that is kept', async () => {
    const rollout = await second('taken-back', { ...blueGreen, keepMs: DAY, deadlineMs: 2 * DAY });
    const seen = await viewOf(rollout, ({ phase }) => phase === 'switch');
    assert.deepEqual([seen.weight, seen.status], [100, 'holding']);
    await rollout.signal(abortSignal, { by: 'oncall', reason: 'complaints' });
    const outcome = await endOf(rollout);
    assert.equal(outcome.kind === 'aborted' && outcome.trafficRestored, true);
    assert.deepEqual(moves().at(-1), 'a champion 100');
  });

  it('has nothing to keep where nothing ran before, and retires a first version that fails', async () => {
    scene.answer({ ...declares(canaryIn('production', { ...blueGreen, shadow })), ...fails });
    scene.calls.length = 0;
    const view = await scene.endOf<{ outcome: string }>(await releaseOf(scene, 'first', 'b', 1));
    assert.equal(view.outcome, 'rolled_back');
    assert.deepEqual(moves(), ['b candidate 100', ''], 'and nobody to copy from');
    assert.deepEqual(scene.callsOf('measureChampion'), []);
  });
});

describe('a shadow', () => {
  it('comes before the first share of a canary', async () => {
    const rollout = await second('shadowed', { ...canary, shadow });
    assert.equal((await endOf(rollout)).kind, 'completed');
    assert.deepEqual(moves().slice(0, 2), ['a champion 100, b shadow copies of 25', 'a champion 90, b candidate 10']);
    const [first, step] = looks();
    assert.deepEqual([first?.phase, first?.copies, first?.step.weight, first?.index], ['shadow', 25, 0, 0]);
    assert.deepEqual([step?.phase, step?.copies, step?.index], [undefined, undefined, 0]);
  });

  it('comes before a switch, which is compared with what the champion did beside it', async () => {
    const rollout = await second('shadowed-switch', { ...blueGreen, shadow });
    assert.equal((await endOf(rollout)).kind, 'completed');
    assert.deepEqual(moves(), [
      'a champion 100, b shadow copies of 25',
      'a champion 0, b candidate 100',
      'b champion 100',
    ]);
    const order = scene.calls.map(({ activity }) => activity).filter((name) => /^(measure|shift)/.test(name));
    assert.deepEqual(order, ['measureChampion', 'shiftTraffic', 'measureChampion', 'shiftTraffic', 'shiftTraffic']);
  });

  it('that fails ends the rollout, and never had a share', async () => {
    const rollout = await second('failed-shadow', { ...canary, shadow }, fails);
    const outcome = await endOf(rollout);
    assert.equal(outcome.kind, 'aborted');
    assert.deepEqual(moves(), ['a champion 100, b shadow copies of 25', 'a champion 100']);
    assert.deepEqual(
      outcome.steps.map(({ phase, verdict }) => [phase, verdict]),
      [['shadow', 'fail']],
    );
  });
});

describe('a step that waits for a person', () => {
  const given: Fakes = {
    lookForWord: ({ step }) => ({ kind: 'given', word: { step, by: 'oncall', reason: 'looks right', at: 1 } }),
  };

  it('goes on when somebody who may has said so, and shows who did', async () => {
    const rollout = await second('asked', asking);
    const { awaits, weight } = await viewOf(rollout, ({ status }) => status === 'waiting');
    assert.deepEqual([weight, awaits?.step, awaits?.roles], [25, 0, ['operator', 'reviewer']]);
    assert.equal(awaits!.until - awaits!.since, DAY);
    const told = () => (scene.callsOf('notify') as Notification[]).filter(({ kind }) => kind === 'step_waits');
    await untilSeen(
      async () => told().length,
      (count) => count === 2,
    );
    assert.deepEqual(
      told()
        .map(({ to }) => to)
        .sort(),
      ['operator', 'reviewer'],
    );
    assert.deepEqual(moves(), ['a champion 75, b candidate 25']);
    // A message is no word: it looks at the ledger, and finds none.
    const before = scene.callsOf('lookForWord').length;
    await rollout.signal(promoteSignal, { by: 'oncall' });
    await untilSeen(
      async () => scene.callsOf('lookForWord').length,
      (count) => count > before,
    );
    assert.equal((await rollout.query(rolloutStateQuery)).status, 'waiting');
    scene.answer(given);
    await rollout.signal(promoteSignal, { by: 'oncall' });
    const { words } = await viewOf(rollout, ({ status }) => status !== 'waiting');
    assert.deepEqual(words, [{ step: 0, by: 'oncall', reason: 'looks right', at: 1 }]);
    assert.equal((await endOf(rollout)).kind, 'completed');
    assert.deepEqual(moves().slice(1), ['a champion 0, b candidate 100', 'b champion 100']);
    const held = looks().at(-1);
    assert.equal(held?.step.weight, 100, 'the word shortened nothing of what came behind it');
  });

  it('finds a word whose message was lost within an hour', async () => {
    const rollout = await second('unheard', asking);
    await viewOf(rollout, ({ status }) => status === 'waiting');
    scene.answer(given);
    await scene.environment.sleep('61 minutes');
    await viewOf(rollout, ({ words }) => words !== undefined);
    assert.equal((await endOf(rollout)).kind, 'completed');
  });

  it('goes back at its deadline: silence never means yes, nor does the word of who may not', async () => {
    const rollout = await second('silent', asking, {
      lookForWord: () => ({ kind: 'missing', refused: ['author wrote or triggered this release'] }),
    });
    const outcome = await endOf(rollout);
    assert.equal(outcome.kind, 'aborted');
    assert.match(
      outcome.kind === 'aborted' ? outcome.reason : '',
      /^nobody who may let it go on behind 25 % within 86400 s \(author wrote or triggered this release\)$/,
    );
    assert.deepEqual(moves(), ['a champion 75, b candidate 25', 'a champion 100']);
  });

  it('is asked by nobody once it is aborted', async () => {
    const rollout = await second('aborted-wait', asking);
    await viewOf(rollout, ({ status }) => status === 'waiting');
    await rollout.signal(abortSignal, { by: 'oncall', reason: 'no' });
    const outcome = await endOf(rollout);
    assert.equal(outcome.kind === 'aborted' && outcome.reason, 'aborted by oncall: no');
    assert.deepEqual(moves().at(-1), 'a champion 100');
  });
});
