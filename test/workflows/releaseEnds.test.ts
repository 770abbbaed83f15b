import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import { refusalToResume } from '../../src/domain/release/resumePoint.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { incidentId, releaseEndedSignal } from '../../workflows/messages.js';
import { canaryIn, declares, releaseOf, startRelease } from './acts.js';
import { allGoesWell, DAY, digest, inputOf, plan } from './cast.js';
import { monitoring } from './incidentCast.js';
import { openScene, type Fakes, type Scene } from './scene.js';

let scene: Scene;
const usual = (): Fakes => ({
  ...allGoesWell(() => scene.environment.client.workflow),
  startMonitoring: () => undefined,
  recallRelease: () => ({ finished: [], decisions: [] }),
});
before(async () => {
  scene = await openScene(usual());
});
afterEach(() => scene.answer(usual()));
after(() => scene.end());

describe('what a release leaves behind', () => {
  it('is that drift is looked for where it serves in the end, as often as slipway.yaml says', async () => {
    const environments = ['staging', 'production'].map((name) => canaryIn(name, { strategy: 'immediate' }));
    scene.answer({
      runChecks: () => ({
        verdict: 'pass',
        reason: 'ok',
        plan: { ...plan, environments, monitoring },
        authorship: { authors: ['author'], unknown: [], trigger: 'author' },
        evidence: digest('1'),
      }),
    });
    const view = await scene.endOf<ReleaseView>(await releaseOf(scene, 'watched', 'a', 1));
    assert.equal(view.outcome, 'promoted', view.reason);
    assert.deepEqual(scene.callsOf('startMonitoring'), [
      { model: 'watched', environment: 'production', everyMs: DAY, note: view.releaseId },
    ]);
  });

  it('is no drift check of a version that was not promoted', async () => {
    const before = scene.callsOf('startMonitoring').length;
    scene.answer({
      ...declares(canaryIn('production')),
      buildModel: () => {
        throw ApplicationFailure.nonRetryable('train exited with code 3', 'step_failed');
      },
    });
    assert.equal((await scene.endOf<ReleaseView>(await releaseOf(scene, 'unwatched', 'a', 1))).outcome, 'failed');
    assert.equal(scene.callsOf('startMonitoring').length, before);
  });

  it('is a refusal, and nothing in an environment, where its evidence approves nothing', async () => {
    const approveAutomatically: Fakes['approveAutomatically'] = ({ environment }) =>
      environment === 'production'
        ? { verdict: 'fail', reason: 'gate in staging left no evidence', evidence: digest('a') }
        : { verdict: 'pass', reason: 'green', evidence: digest('a') };
    const environments = ['staging', 'production'].map((name) => canaryIn(name, { strategy: 'immediate' }));
    scene.answer({ ...declares(...environments), approveAutomatically });
    const view = await scene.endOf<ReleaseView>(await releaseOf(scene, 'unproven', 'a', 1));
    assert.deepEqual([view.outcome, view.reason], ['failed', 'automatic_refused: gate in staging left no evidence']);
    assert.deepEqual(
      view.stages.filter(({ environment }) => environment === 'production').map(({ name, status }) => [name, status]),
      [
        ['approve', 'failed'],
        ['deploy', 'skipped'],
      ],
    );
    const reached = (scene.callsOf('deployVersion') as readonly { command: { model: string; environment: string } }[])
      .map(({ command }) => command)
      .filter(({ model }) => model === 'unproven');
    assert.deepEqual([...new Set(reached.map(({ environment }) => environment))], ['staging']);
    assert.equal(refusalToResume(view), undefined, 'it may be resumed');

    scene.answer({ ...usual(), ...declares(...environments) });
    const resume = { number: 1, view, by: 'author', anyway: false, changed: [] };
    const again = await startRelease(scene, { ...inputOf('a', 1), model: 'unproven', resume });
    assert.equal((await scene.endOf<ReleaseView>(again)).outcome, 'promoted', 'once its evidence is there');
  });

  it('is word to the incident whose retrain it is, however it ended', async () => {
    scene.answer({
      buildModel: () => {
        throw ApplicationFailure.nonRetryable('train exited with code 3', 'step_failed');
      },
    });
    const by = incidentId('retrained', 'production', 'performance', 'brier');
    const release = await startRelease(scene, {
      ...inputOf('a', 1),
      model: 'retrained',
      trigger: { kind: 'retrain', by, at: 0 },
    });
    const view = await scene.endOf<ReleaseView>(release);
    const told = (await release.fetchHistory()).events
      ?.flatMap((event) => event.signalExternalWorkflowExecutionInitiatedEventAttributes ?? [])
      .filter(({ signalName }) => signalName === releaseEndedSignal.name)
      .map(({ workflowExecution, input }) => [
        workflowExecution?.workflowId,
        defaultPayloadConverter.fromPayload(input!.payloads![0]!),
      ]);
    assert.deepEqual(told, [[by, { releaseId: view.releaseId, outcome: 'failed', reason: view.reason }]]);
  });
});
