import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import type { RecordDeploymentInput } from '../../activities/recordDeployment.js';
import { newEnvironment } from '../../src/domain/environment/newEnvironment.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { TargetCommand } from '../../src/domain/rollout/types.js';
import type { IncidentView } from '../../src/domain/incident/types.js';
import {
  environmentId,
  requestDeploymentSignal,
  retireUpdate,
  rollbackUpdate,
  type RetireMessage,
} from '../../workflows/messages.js';
import { arbiterOf, canaryIn, declares, releaseOf, stateOf, untilSeen, untilView } from './acts.js';
import { digest, plan } from './cast.js';
import {
  everybodyAnswers,
  findingOf,
  incidentInput,
  openEnvironment,
  previous,
  report,
  serving,
  until,
} from './incidentCast.js';
import { openScene, type Scene } from './scene.js';

let scene: Scene;
before(async () => {
  scene = await openScene(everybodyAnswers(() => scene));
});
after(() => scene.end());

const messageOf = (model: string, change: Partial<RetireMessage> = {}): RetireMessage => ({
  requestId: `retirement-${model}`,
  expected: { epoch: 2, champion: serving.artifactDigest },
  incidents: [],
  by: 'operator',
  reason: 'the season is over',
  ...change,
});
const retire = (model: string, change: Partial<RetireMessage> = {}) =>
  arbiterOf(scene, model).executeUpdate(retireUpdate, { args: [messageOf(model, change)] });
const untilLeft = (model: string) =>
  untilSeen(
    () => stateOf(scene, model),
    ({ retired, active }) => retired !== undefined && active === undefined,
  );
const ofModel = <T>(activity: Parameters<Scene['callsOf']>[0], model: string): readonly T[] =>
  (scene.callsOf(activity) as readonly (T & { model: string })[]).filter((input) => input.model === model);
const commandsOf = (model: string) =>
  ofModel<TargetCommand>('shiftTraffic', model).map(({ fence, versions }) => [fence.epoch, fence.seq, versions.length]);
const refusedAtDoor = () =>
  ApplicationFailure.nonRetryable('the ledger has no word of an operator', 'deployment_unauthorised');
const refusal = (code: string) => (error: unknown) =>
  error instanceof Error && (error.cause as { type?: string } | undefined)?.type === code;

describe('a retirement', () => {
  it('is one command without versions in a new epoch, on record before anything else ends, and said twice is one', async () => {
    const model = 'leaves';
    await openEnvironment(scene, model);
    await retire(model);
    await retire(model);
    const state = await untilLeft(model);
    await untilSeen(
      async () => ofModel('endMonitoring', model).length,
      (count) => count > 0,
    );
    assert.deepEqual([state.champion, state.previous, state.epoch], [undefined, serving, 3]);
    assert.deepEqual([state.retired?.by, state.retired?.reason], ['operator', 'the season is over']);
    assert.deepEqual(commandsOf(model), [[3, 1, 0]]);
    const [recorded, ...more] = ofModel<RecordDeploymentInput>('recordDeployment', model);
    assert.deepEqual([recorded?.entry.outcome, recorded?.pointer?.epoch, more], ['retired', 3, []]);
    const order = scene.calls.filter(({ input }) => (input as { model?: string }).model === model);
    assert.deepEqual(
      order.map(({ activity }) => activity),
      ['shiftTraffic', 'recordDeployment', 'endMonitoring'],
    );
    await retire(model);
    assert.equal((await stateOf(scene, model)).epoch, 3, 'a repeat after its end does nothing');
  });

  for (const [what, change, code] of [
    ['another epoch', { expected: { epoch: 1, champion: serving.artifactDigest } }, 'plan_changed'],
    ['another champion', { expected: { epoch: 2, champion: previous.artifactDigest } }, 'plan_changed'],
  ] as const)
    it(`that was looked at in ${what} is refused`, async () => {
      const model = `refused-${what.replaceAll(' ', '-')}`;
      await openEnvironment(scene, model);
      await assert.rejects(retire(model, change), refusal(code));
      assert.deepEqual([commandsOf(model), (await stateOf(scene, model)).champion], [[], serving]);
    });

  it('whose word counts no more is refused, and one in its time is carried out', async () => {
    const model = 'too-late';
    await openEnvironment(scene, model);
    const now = await scene.environment.currentTimeMs();
    await assert.rejects(retire(model, { until: now - 1 }), refusal('retirement_expired'));
    assert.deepEqual([commandsOf(model), (await stateOf(scene, model)).champion], [[], serving]);
    await scene.environment.sleep('2 hours');
    await assert.rejects(retire(model, { until: now + 3_600_000 }), refusal('retirement_expired'));
    assert.deepEqual(commandsOf(model), []);
    const later = await scene.environment.currentTimeMs();
    await retire(model, { until: later + 3_600_000 });
    assert.equal((await untilLeft(model)).epoch, 3);
  });

  it('that the target’s door refuses leaves everything as it is', async () => {
    const model = 'no-word';
    await openEnvironment(scene, model);
    const usual = everybodyAnswers(() => scene);
    scene.answer({
      shiftTraffic: (command) => {
        if (command.model === model && command.versions.length === 0) throw refusedAtDoor();
        return usual.shiftTraffic!(command);
      },
    });
    await retire(model);
    const state = await untilSeen(
      () => stateOf(scene, model),
      ({ history }) => history[0]?.kind === 'retirement',
    );
    assert.deepEqual([state.champion, state.retired, state.history[0]?.outcome], [serving, undefined, 'rolled_back']);
    assert.match(state.history[0]?.reason ?? '', /no word of an operator/);
    assert.deepEqual(commandsOf(model).at(-1), [3, 2, 1], 'the champion keeps its traffic');
    assert.deepEqual(ofModel('endMonitoring', model), []);
  });

  it('whose end somebody only claimed is not believed', async () => {
    const model = 'claimed';
    await openEnvironment(scene, model);
    scene.answer({
      recordDeployment: (input) => {
        if (input.model === model && input.entry.outcome === 'retired') throw refusedAtDoor();
      },
    });
    await retire(model);
    const state = await untilSeen(
      () => stateOf(scene, model),
      ({ history }) => history[0]?.kind === 'retirement',
    );
    assert.deepEqual([state.champion, state.history[0]?.outcome], [serving, 'refused']);
    assert.deepEqual(ofModel('endMonitoring', model), []);
  });

  for (const activity of ['shiftTraffic', 'recordDeployment', 'endMonitoring'] as const)
    it(`goes on where ${activity} failed twice, after it had done its work`, async () => {
      const model = `dies-in-${activity.toLowerCase()}`;
      await openEnvironment(scene, model);
      const usual = everybodyAnswers(() => scene);
      let failures = 0;
      scene.answer({
        [activity]: (input: never) => {
          if ((input as { model: string }).model === model && (failures += 1) <= 2) throw new Error('the worker died');
          return (usual[activity] as (given: never) => unknown)(input);
        },
      });
      await retire(model);
      const state = await untilLeft(model);
      await untilSeen(
        async () => ofModel('endMonitoring', model).length,
        (count) => count >= (activity === 'endMonitoring' ? 3 : 1),
      );
      assert.deepEqual([state.epoch, state.history[0]?.outcome], [3, 'retired']);
      assert.equal(new Set(commandsOf(model).map(String)).size, 1, 'the same command each time');
      assert.equal(failures, 3, 'twice in vain, and once done');
    });

  it('waits behind nothing: a rollout under way is aborted first by whoever wants both', async () => {
    const model = 'under-way';
    scene.answer(everybodyAnswers(() => scene));
    await openEnvironment(scene, model);
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const usual = everybodyAnswers(() => scene);
    scene.answer({
      deployVersion: async (input) => {
        if (input.command.model === model) await held;
        return usual.deployVersion!(input);
      },
    });
    await arbiterOf(scene, model).executeUpdate(rollbackUpdate, {
      args: [{ requestId: 'back', by: 'oncall', reason: 'worse' }],
    });
    await untilSeen(
      () => stateOf(scene, model),
      ({ active }) => active !== undefined,
    );
    await assert.rejects(
      retire(model, { expected: { epoch: 3, champion: serving.artifactDigest } }),
      refusal('rollout_active'),
    );
    letGo();
    await untilSeen(
      () => stateOf(scene, model),
      ({ champion }) => champion?.artifactDigest === previous.artifactDigest,
    );
    scene.answer(usual);
  });
});

describe('what a retirement ends', () => {
  it('a release that waits for people is superseded, and says by what', async () => {
    const model = 'on-its-way';
    scene.answer({ ...everybodyAnswers(() => scene), ...declares(...plan.environments) });
    await openEnvironment(scene, model);
    const release = await releaseOf(scene, model, 'c', 3);
    await untilView(release, ({ waiting }) => waiting !== undefined);
    await retire(model);
    const view = await scene.endOf<ReleaseView>(release);
    assert.equal(view.outcome, 'superseded');
    assert.match(view.reason ?? '', /superseded by the retirement from production by operator \(epoch 3\)/);
    assert.deepEqual((await stateOf(scene, model)).announced, []);
  });

  it('an open incident looks for itself, and tells its owner that it is over', async () => {
    const model = 'incident';
    let left = false;
    scene.answer({
      ...everybodyAnswers(() => scene),
      endMonitoring: () => void (left = true),
      lookForRecovery: () => ({ recovered: left, reason: left ? `${model} was retired by operator: done` : 'not yet' }),
    });
    await openEnvironment(scene, model);
    const input = incidentInput(model);
    const incident = await report(scene, input, findingOf(0));
    const { incidentId } = await until(incident, ({ alertsDelivered }) => alertsDelivered === 1);
    await retire(model, { incidents: [incidentId] });
    const view = await scene.endOf<IncidentView>(incident);
    assert.equal(view.resolution, 'incident was retired by operator: done');
  });

  it('no repair brings the model back, and a person who asks for it does', async () => {
    const model = 'comes-back';
    scene.answer(everybodyAnswers(() => scene));
    await openEnvironment(scene, model);
    await retire(model);
    await untilLeft(model);
    await arbiterOf(scene, model).signal(requestDeploymentSignal, {
      ...{ requestId: 'repair', kind: 'remediation', version: previous, rollout: { strategy: 'immediate' } },
      ...{ order: 0, by: 'incident/m', reason: 'worse' },
    });
    const refused = await untilSeen(
      () => stateOf(scene, model),
      ({ settled }) => settled.some(({ requestId }) => requestId === 'repair'),
    );
    assert.deepEqual([refused.champion, refused.epoch], [undefined, 3]);
    const receipt = await arbiterOf(scene, model).executeUpdate(rollbackUpdate, {
      args: [{ requestId: 'by-hand', by: 'oncall', reason: 'too early' }],
    });
    assert.deepEqual(receipt.to, serving, 'without a version it is the one that was retired');
    const back = await untilSeen(
      () => stateOf(scene, model),
      ({ champion }) => champion !== undefined,
    );
    assert.deepEqual([back.champion, back.epoch, back.retired], [serving, 4, undefined]);
  });

  it('a release past its point of no return that arrives after is refused, and one begun since is deployed', async () => {
    const model = 'late';
    const usual = { ...everybodyAnswers(() => scene), ...declares(canaryIn('production', { strategy: 'immediate' })) };
    scene.answer(usual);
    await openEnvironment(scene, model);
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    let asks = 0;
    scene.answer({
      sendMessage: async (input) => {
        if (input.signal === requestDeploymentSignal.name && input.workflowId.includes(model)) {
          asks += 1;
          await held;
        }
        return usual.sendMessage!(input);
      },
    });
    const release = await releaseOf(scene, model, 'c', 3);
    await untilSeen(
      async () => asks,
      (count) => count > 0,
    );
    await retire(model);
    await untilLeft(model);
    letGo();
    const view = await scene.endOf<ReleaseView>(release);
    assert.equal(view.outcome, 'failed');
    assert.match(view.reason ?? '', /^model_retired: the model was retired by operator: the season is over, and left/);
    const state = await stateOf(scene, model);
    assert.deepEqual([state.champion, state.epoch, state.retired?.by], [undefined, 3, 'operator']);
    scene.answer(usual);
    const again = await scene.endOf<ReleaseView>(await releaseOf(scene, model, 'd', 4));
    assert.equal(again.outcome, 'promoted', again.reason);
    assert.equal((await stateOf(scene, model)).champion?.artifactDigest, digest('d'));
  });

  it('a later release comes like a first one, in a higher epoch', async () => {
    const model = 'again';
    scene.answer({ ...everybodyAnswers(() => scene), ...declares(canaryIn('production', { strategy: 'immediate' })) });
    await openEnvironment(scene, model);
    await retire(model);
    await untilLeft(model);
    const view = await scene.endOf<ReleaseView>(await releaseOf(scene, model, 'd', 1));
    assert.equal(view.outcome, 'promoted', view.reason);
    const state = await stateOf(scene, model);
    assert.deepEqual([state.champion?.artifactDigest, state.previous, state.epoch], [digest('d'), undefined, 4]);
    assert.equal(state.retired, undefined);
  });
});

describe('an arbiter that nobody told anything', () => {
  it('refuses a retirement where nothing runs', async () => {
    const model = 'empty';
    await scene.environment.client.workflow.start('environment', {
      taskQueue: 'control',
      workflowId: environmentId(model, 'production'),
      args: [{ model, environment: 'production', state: newEnvironment(model, 'production') }],
    });
    await assert.rejects(retire(model, { expected: { epoch: 0 } }), refusal('usage'));
    await assert.rejects(
      retire(model, { expected: { epoch: 0, champion: serving.artifactDigest } }),
      refusal('plan_changed'),
    );
  });
});
