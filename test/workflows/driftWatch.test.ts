import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import type { DriftMeasurement } from '../../activities/measureDrift.js';
import type { NotifyOwnerInput } from '../../activities/notifyOwner.js';
import type { SendMessageInput } from '../../activities/sendMessage.js';
import type { DriftOutcome } from '../../src/domain/drift/types.js';
import { incidentId, type FindingMessage, type IncidentInput } from '../../workflows/messages.js';
import type { DriftWatchResult } from '../../workflows/driftWatch.js';
import { DAY, digest } from './cast.js';
import { everybodyAnswers, monitoring, serving, until } from './incidentCast.js';
import { openScene, type Scene } from './scene.js';

const outcome = (week: number, pages: boolean): DriftOutcome => ({
  report: digest('e'),
  artifactDigest: serving.artifactDigest,
  window: { start: week * 7 * DAY, end: (week + 1) * 7 * DAY },
  verdict: 'fail',
  rows: 700,
  findings: [
    { kind: 'drift', subject: 'wind', reason: 'distance 0.4', pages: false },
    { kind: 'performance', subject: 'brier', reason: 'brier is 0.3', pages },
  ],
});

const measured = (...outcomes: readonly DriftOutcome[]): DriftMeasurement => ({
  kind: 'measured',
  reason: `${outcomes.length} windows`,
  due: outcomes.map(({ window }) => ({ window, phase: 'complete' })),
  outcomes,
  owners: ['oncall', 'reviewer'],
  monitoring: { ...monitoring, remediation: { ...monitoring.remediation, rollback: false, retrain: false } },
});

let scene: Scene;
before(async () => {
  scene = await openScene(everybodyAnswers(() => scene));
});
beforeEach(() => {
  scene.calls.length = 0;
  scene.answer(everybodyAnswers(() => scene));
});
after(() => scene.end());

const watch = (model: string): Promise<DriftWatchResult> =>
  scene.environment.client.workflow.execute('driftWatch', {
    taskQueue: 'control',
    workflowId: `drift/${model}/production-${randomUUID()}`,
    args: [{ model, environment: 'production' }],
  });

const order = (): readonly string[] =>
  scene.calls
    .map((call) => call.activity)
    .filter((name) => ['measureDrift', 'sendMessage', 'moveWatermark'].includes(name));

describe('driftWatch', () => {
  it('hands over what pages somebody, and only then moves the watermark', async () => {
    scene.answer({ measureDrift: () => measured(outcome(0, true), outcome(1, true), outcome(2, false)) });
    const result = await watch('handed');
    assert.equal(result.status, 'measured');
    assert.deepEqual(order(), ['measureDrift', 'sendMessage', 'sendMessage', 'moveWatermark']);
    const [first] = scene.callsOf('sendMessage') as readonly SendMessageInput[];
    assert.equal(first?.workflowId, incidentId('handed', 'production', 'performance', 'brier'));
    assert.deepEqual((first?.start?.input as IncidentInput).owners, ['oncall', 'reviewer']);
    assert.equal(
      (first?.argument as FindingMessage).findingId,
      'performance.brier@1970-01-01T00:00:00.000Z/bbbbbbbbbbbb',
    );
    const handle = scene.environment.client.workflow.getHandle(
      incidentId('handed', 'production', 'performance', 'brier'),
    );
    const view = await until(handle, (seen) => seen.findings.length === 2 && seen.alertsDelivered > 0);
    assert.equal(view.owner, 'oncall');
    await handle.cancel();
  });

  it('run twice over the same windows, leaves one incident with each finding once', async () => {
    scene.answer({ measureDrift: () => measured(outcome(0, true)) });
    await watch('twice');
    await watch('twice');
    const handle = scene.environment.client.workflow.getHandle(
      incidentId('twice', 'production', 'performance', 'brier'),
    );
    const view = await until(handle, (seen) => seen.remediation !== undefined);
    assert.equal(view.findings.length, 1);
    const alerts = (scene.callsOf('notifyOwner') as readonly NotifyOwnerInput[]).filter(
      (call) => call.view.model === 'twice' && call.kind === 'opened',
    );
    assert.equal(alerts.length, 1);
    await handle.cancel();
  });

  it('records why it skipped, and moves nothing', async () => {
    scene.answer({ measureDrift: () => ({ kind: 'skipped', why: 'canary', reason: 'epoch 3 is under way' }) });
    const result = await watch('skipped');
    assert.deepEqual([result.status, result.reason], ['skipped', 'skipped: canary: epoch 3 is under way']);
    assert.deepEqual(order(), ['measureDrift']);
  });

  it('fails where it cannot measure, and moves nothing: the next run does it', async () => {
    scene.answer({
      measureDrift: () => {
        throw ApplicationFailure.nonRetryable('there is no artifact', 'artifact_unknown');
      },
    });
    await assert.rejects(watch('broken'));
    assert.deepEqual(order(), ['measureDrift']);
  });
});
