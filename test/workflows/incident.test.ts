import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { WorkflowUpdateFailedError, type WorkflowHandleWithSignaledRunId } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { NotifyOwnerInput } from '../../activities/notifyOwner.js';
import type { RecordIncidentInput } from '../../activities/recordIncident.js';
import type { IncidentView } from '../../src/domain/incident/types.js';
import { acknowledgeUpdate, findingSignal, incidentId, releaseEndedSignal } from '../../workflows/messages.js';
import { DAY } from './cast.js';
import {
  assessed,
  cancelAtRest,
  everybodyAnswers,
  findingOf,
  incidentInput,
  openEnvironment,
  previous,
  report,
  serving,
  stateOf,
  until,
} from './incidentCast.js';
import { openScene, type Scene } from './scene.js';

let scene: Scene;
before(async () => {
  scene = await openScene(everybodyAnswers(() => scene));
});
beforeEach(() => scene.answer(everybodyAnswers(() => scene)));
after(() => scene.end());

const told = (model: string): readonly (readonly [string, string])[] =>
  (scene.callsOf('notifyOwner') as readonly NotifyOwnerInput[])
    .filter((call) => call.view.model === model)
    .map((call) => [call.kind, call.to] as const);

const recorded = (model: string): readonly RecordIncidentInput[] =>
  (scene.callsOf('recordIncident') as readonly RecordIncidentInput[]).filter((call) => call.view.model === model);

describe('incident', () => {
  it('alerts once, though ten findings arrive and each arrives twice', async () => {
    const input = incidentInput('once');
    await openEnvironment(scene, 'once');
    const handle = await report(scene, input, findingOf(0));
    for (let week = 0; week < 10; week += 1) {
      await handle.signal(findingSignal, findingOf(week));
      await handle.signal(findingSignal, findingOf(week));
    }
    const view = await until(handle, (seen) => seen.findings.length === 10 && seen.remediation !== undefined);
    assert.equal(view.alertsDelivered, 1);
    assert.equal(view.status, 'open');
    assert.deepEqual(told('once'), [['opened', 'oncall']]);
    await cancelAtRest(handle);
    const ended = (await handle.result()) as IncidentView;
    assert.equal(ended.resolution, 'cancelled by request');
    assert.deepEqual(told('once'), [
      ['opened', 'oncall'],
      ['resolved', 'oncall'],
    ]);
    assert.equal((await stateOf(scene, 'once')).lease, undefined);
  });

  it('alerts nobody where an earlier incident handled the finding', async () => {
    scene.answer({ notifyOwner: () => ({ told: false, reason: 'an earlier incident handled these findings' }) });
    const handle = await report(scene, incidentInput('repeat'), findingOf(0));
    const view = (await handle.result()) as IncidentView;
    assert.equal(view.status, 'resolved');
    assert.equal(view.alertsDelivered, 0);
    assert.match(view.resolution ?? '', /earlier incident/);
    assert.deepEqual(
      told('repeat').map(([kind]) => kind),
      ['opened'],
    );
  });

  it('counts no alert that was not delivered, says why, and tells the next owner all the same', async () => {
    const refused = 'no channel is configured for';
    scene.answer({
      notifyOwner: ({ to }: NotifyOwnerInput) => {
        if (to === 'author') return { told: true };
        throw ApplicationFailure.nonRetryable(`${refused} ${to}`, 'notification_refused');
      },
    });
    await openEnvironment(scene, 'unheard');
    const input = incidentInput('unheard', { owners: ['oncall', 'reviewer', 'author'] });
    const handle = await report(scene, input, findingOf(0));
    const first = await until(handle, (view) => view.remediation !== undefined);
    assert.equal(first.alertsDelivered, 0);
    await scene.environment.sleep('9 hours');
    const view = await until(handle, (seen) => seen.alertsDelivered > 0);
    assert.equal(view.alertsDelivered, 1);
    assert.deepEqual(
      view.timeline.map(({ text }) => text).filter((text) => /told|alerted/.test(text)),
      [
        `oncall could not be told: ${refused} oncall`,
        `reviewer could not be told: ${refused} reviewer`,
        'nobody acknowledged: told author',
      ],
    );
    await cancelAtRest(handle);
    await handle.result();
  });

  it('tells the next owner after hours, and nobody after an acknowledgement', async () => {
    const input = incidentInput('ladder', { owners: ['oncall', 'reviewer', 'author'] });
    await openEnvironment(scene, 'ladder');
    const handle = await report(scene, input, findingOf(0));
    await until(handle, (view) => view.remediation !== undefined);
    await scene.environment.sleep('5 hours');
    await until(handle, (view) => view.alertsDelivered === 2);
    const view = await handle.executeUpdate(acknowledgeUpdate, { args: [{ by: 'reviewer', note: 'looking' }] });
    assert.equal(view.acknowledgedBy, 'reviewer');
    await scene.environment.sleep('3 days');
    assert.deepEqual(told('ladder'), [
      ['opened', 'oncall'],
      ['escalated', 'reviewer'],
    ]);
    assert.deepEqual(
      recorded('ladder')
        .filter((call) => call.event === 'acknowledged')
        .map((call) => call.body['by']),
      ['reviewer'],
    );
    const again = await handle.executeUpdate(acknowledgeUpdate, { args: [{ by: 'author', note: '' }] });
    assert.equal(again.acknowledgedBy, 'reviewer', 'the first acknowledgement stands');
    await cancelAtRest(handle);
    await handle.result();
  });

  it('rolls back where the evidence says so, and is resolved by that', async () => {
    scene.answer({ assessRemediation: () => assessed('rollback', 'the earlier version is better') });
    await openEnvironment(scene, 'back');
    const handle = await report(scene, incidentInput('back'), findingOf(0));
    const view = (await handle.result()) as IncidentView;
    assert.match(view.resolution ?? '', /rolled back to aaaaaaaaaaaa in epoch 3/);
    assert.equal(view.remediation?.action, 'rollback');
    const state = await stateOf(scene, 'back');
    assert.equal(state.champion?.artifactDigest, previous.artifactDigest);
    assert.equal(state.history[0]?.kind, 'remediation');
    assert.equal(state.lease, undefined, 'the lease went back');
    assert.deepEqual(
      recorded('back').map(({ event, remembered }) => [event, remembered?.won]),
      [['remediated/1', true]],
    );
    assert.deepEqual(told('back'), [
      ['opened', 'oncall'],
      ['resolved', 'oncall'],
    ]);
  });

  it('retrains where the evidence says so, and waits until the release was promoted, for as long as an approval may take', async () => {
    scene.answer({
      assessRemediation: () => assessed('retrain', 'labels are mature'),
      startRetrain: () => ({ releaseId: 'release/m/retrain' }),
    });
    await openEnvironment(scene, 'learn');
    const handle = await report(scene, incidentInput('learn'), findingOf(0));
    await until(handle, (view) => view.remediation?.releaseId !== undefined);
    await scene.environment.sleep('89 days');
    assert.notEqual((await stateOf(scene, 'learn')).lease, undefined, 'nobody else repairs meanwhile');
    await handle.signal(releaseEndedSignal, { releaseId: 'release/m/other', outcome: 'promoted', reason: '' });
    await handle.signal(releaseEndedSignal, {
      releaseId: 'release/m/retrain',
      outcome: 'promoted',
      reason: 'every environment took it',
    });
    const view = (await handle.result()) as IncidentView;
    assert.equal(view.resolution, 'retrained: release/m/retrain was promoted');
    assert.equal((await stateOf(scene, 'learn')).lease, undefined);
  });

  it('remembers a retrain that lost, and stays open until a later window is sound', async () => {
    scene.answer({ assessRemediation: () => assessed('retrain', 'labels are mature') });
    await openEnvironment(scene, 'lost');
    const handle = await report(scene, incidentInput('lost'), findingOf(0));
    await until(handle, (view) => view.remediation?.releaseId !== undefined);
    await handle.signal(releaseEndedSignal, {
      releaseId: 'release/m/retrain',
      outcome: 'blocked',
      reason: 'quality: brier',
    });
    const view = await until(handle, (seen) => seen.remediation?.outcome !== undefined);
    assert.equal(view.status, 'open');
    assert.deepEqual(
      recorded('lost').map(({ remembered }) => [
        remembered?.won,
        remembered?.lost,
        remembered?.action,
        remembered?.dataUntil,
      ]),
      [[false, true, 'retrain', 7 * DAY]],
    );
    scene.answer({ lookForRecovery: () => ({ recovered: true, reason: 'the window from week 3 is sound again' }) });
    const ended = (await handle.result()) as IncidentView;
    assert.equal(ended.resolution, 'the window from week 3 is sound again');
  });

  it('does neither on bad data, and looks at a later window again', async () => {
    await openEnvironment(scene, 'neither');
    const handle = await report(scene, incidentInput('neither'), findingOf(0));
    const view = await until(handle, (seen) => seen.remediation !== undefined);
    assert.equal(view.remediation?.action, 'none');
    assert.equal((await stateOf(scene, 'neither')).champion?.artifactDigest, serving.artifactDigest);
    scene.answer({ assessRemediation: () => assessed('rollback') });
    await handle.signal(findingSignal, findingOf(1));
    assert.match(((await handle.result()) as IncidentView).resolution ?? '', /rolled back/);
  });

  it('asks again when the cooldown of an earlier remediation has ended', async () => {
    await openEnvironment(scene, 'cooled');
    const againAt = (await scene.environment.currentTimeMs()) + DAY;
    scene.answer({ assessRemediation: () => ({ ...assessed('none', 'too short ago'), againAt }) });
    const handle = await report(scene, incidentInput('cooled'), findingOf(0));
    await until(handle, (seen) => seen.remediation !== undefined);
    scene.answer({ assessRemediation: () => assessed('rollback') });
    const view = (await handle.result()) as IncidentView;
    assert.match(view.resolution ?? '', /rolled back/);
    assert.ok((view.resolvedAt ?? 0) >= againAt);
    assert.deepEqual(
      recorded('cooled').map(({ event }) => event),
      ['decided/1', 'remediated/2'],
    );
  });

  it('asks for nothing that slipway.yaml does not allow', async () => {
    const remediation = { ...incidentInput('x').monitoring.remediation, rollback: false, retrain: false };
    const input = incidentInput('forbidden', { monitoring: { ...incidentInput('x').monitoring, remediation } });
    const handle = await report(scene, input, findingOf(0));
    const view = await until(handle, (seen) => seen.remediation !== undefined);
    assert.match(view.remediation?.reason ?? '', /neither/);
    await cancelAtRest(handle);
    await handle.result();
  });

  it('lets only one incident repair an environment; the other sees what it did', async () => {
    scene.answer({
      assessRemediation: ({ incidentId }) =>
        incidentId.includes('performance')
          ? assessed('retrain')
          : assessed('none', 'the version that was measured serves no more'),
    });
    await openEnvironment(scene, 'two');
    const first = await report(scene, incidentInput('two'), findingOf(0));
    await until(first, (view) => view.status === 'remediating');
    const second = await report(scene, incidentInput('two', { kind: 'prediction', subject: 'prediction' }), {
      ...findingOf(0),
      findingId: 'prediction@0',
    });
    const waiting = await until(second, (view) => view.timeline.some(({ text }) => text.startsWith('waits:')));
    assert.match(
      JSON.stringify(waiting.timeline),
      /incident\/two\/production\/performance.brier repairs the environment/,
    );
    await first.signal(releaseEndedSignal, { releaseId: 'release/m/retrain', outcome: 'promoted', reason: '' });
    await first.result();
    await scene.environment.sleep('1 hour');
    const view = await until(second, (seen) => seen.remediation !== undefined);
    assert.equal(view.remediation?.action, 'none');
    await cancelAtRest(second);
    await second.result();
  });

  it('goes on when a remediation breaks, and gives the lease back', async () => {
    scene.answer({
      assessRemediation: () => {
        throw ApplicationFailure.nonRetryable('the artifact has no model.onnx', 'artifact_unknown');
      },
    });
    await openEnvironment(scene, 'broken');
    const handle = await report(scene, incidentInput('broken'), findingOf(0));
    const view = await until(handle, (seen) =>
      seen.timeline.some(({ text }) => text.includes('the remediation failed')),
    );
    assert.equal(view.status, 'open');
    await handle.signal(findingSignal, findingOf(0));
    assert.equal((await stateOf(scene, 'broken')).lease, undefined);
    await cancelAtRest(handle);
    await handle.result();
  });

  it('goes on, and tells the next owner, when nobody can look whether it is over', async () => {
    scene.answer({
      lookForRecovery: () => {
        throw ApplicationFailure.retryable('a report is damaged', 'digest_mismatch');
      },
    });
    await openEnvironment(scene, 'unseen');
    const monitoring = { ...incidentInput('unseen').monitoring, everyMs: 3_600_000 };
    const input = incidentInput('unseen', { owners: ['oncall', 'reviewer'], monitoring });
    const handle = await report(scene, input, findingOf(0));
    await until(handle, (view) => view.remediation !== undefined);
    await scene.environment.sleep('5 hours');
    const view = await until(handle, (seen) => seen.alertsDelivered === 2);
    const unseen = view.timeline.filter(({ text }) => text.includes('a report is damaged'));
    assert.equal(unseen.length, 1, 'said once, though it was tried every hour');
    await scene.environment.sleep('25 hours');
    assert.deepEqual(told('unseen'), [
      ['opened', 'oncall'],
      ['escalated', 'reviewer'],
    ]);
    scene.answer({ lookForRecovery: () => ({ recovered: true, reason: 'the window from week 3 is sound again' }) });
    assert.equal(((await handle.result()) as IncidentView).resolution, 'the window from week 3 is sound again');
  });

  it('refuses an acknowledgement of nobody, with a code', async () => {
    await openEnvironment(scene, 'anon');
    const handle = await report(scene, incidentInput('anon'), findingOf(0));
    await until(handle, (view) => view.alertsDelivered === 1);
    await assert.rejects(
      () => handle.executeUpdate(acknowledgeUpdate, { args: [{ by: '', note: '' }] }),
      (error: unknown) =>
        error instanceof WorkflowUpdateFailedError &&
        error.cause instanceof ApplicationFailure &&
        error.cause.type === 'request_invalid',
    );
    await cancelAtRest(handle);
    await handle.result();
  });

  it('goes on after signals that somebody sent by hand and that make no sense', async () => {
    await openEnvironment(scene, 'forged');
    scene.answer({ assessRemediation: () => assessed('rollback') });
    const handle = await scene.environment.client.workflow.start('incident', {
      taskQueue: 'control',
      workflowId: incidentId('forged', 'production', 'performance', 'brier'),
      args: [incidentInput('forged')],
    });
    for (const nonsense of [undefined, null, {}, 'x', { ...findingOf(0), window: { start: 'x', end: 1e300 } }]) {
      await handle.signal('finding', nonsense);
      await handle.signal('deploymentSettled', nonsense);
      await handle.signal('releaseEnded', nonsense);
      await handle.signal('remediationLease', nonsense);
    }
    const forged = await until(handle, (view) => view.timeline.length === 5);
    assert.ok(forged.timeline.every(({ text }) => text === 'ignored a finding that is none'));
    await handle.signal(findingSignal, findingOf(0));
    assert.match(((await handle.result()) as IncidentView).resolution ?? '', /rolled back/);
  });

  it('carries everything over continue-as-new', async () => {
    await openEnvironment(scene, 'long');
    const handle = await report(scene, incidentInput('long'), findingOf(0));
    const before = await until(handle, (view) => view.remediation !== undefined);
    // A look a day: enough of them make the run's history too long.
    await scene.environment.sleep('200 days');
    const description = await handle.describe();
    assert.notEqual(description.runId, (handle as WorkflowHandleWithSignaledRunId).signaledRunId);
    const view = await until(handle, () => true);
    assert.equal(view.openedAt, before.openedAt);
    assert.deepEqual(view.findings, before.findings);
    await handle.signal(findingSignal, findingOf(0));
    assert.deepEqual(told('long'), [['opened', 'oncall']], 'a repeat from before alerts nobody');
    await cancelAtRest(handle);
    assert.equal(((await handle.result()) as IncidentView).alertsDelivered, 1);
  });
});
