/** Moments of drift checks and incidents whose histories users may have. */
import type { WorkflowHandle } from '@temporalio/client';
import {
  acknowledgeUpdate,
  findingSignal,
  incidentId,
  releaseEndedSignal,
  type IncidentInput,
} from '../../workflows/messages.js';
import { DAY } from '../workflows/cast.js';
import {
  assessed,
  everybodyAnswers,
  findingOf,
  incidentInput,
  monitoring,
  openEnvironment,
  report,
  until,
} from '../workflows/incidentCast.js';
import type { Scene } from '../workflows/scene.js';

const found = async (scene: Scene, model: string, change: Partial<IncidentInput> = {}): Promise<WorkflowHandle> => {
  await openEnvironment(scene, model);
  await report(scene, incidentInput(model, change), findingOf(0));
  return scene.environment.client.workflow.getHandle(incidentId(model, 'production', 'performance', 'brier'));
};

const cast = (scene: Scene): void => scene.answer(everybodyAnswers(() => scene));

export const MONITORING_STORIES: Readonly<Record<string, (scene: Scene) => Promise<WorkflowHandle>>> = {
  'driftWatch-measured-v1': async (scene) => {
    cast(scene);
    const message = findingOf(0);
    const outcome = {
      report: message.report,
      artifactDigest: message.artifactDigest,
      window: message.window,
      verdict: 'fail',
      rows: 700,
      findings: [message.finding],
    } as const;
    scene.answer({
      measureDrift: () => ({
        kind: 'measured',
        reason: '1 window',
        due: [{ window: message.window, phase: 'complete' }],
        outcomes: [outcome],
        owners: ['oncall'],
        monitoring,
      }),
    });
    const handle = await scene.environment.client.workflow.start('driftWatch', {
      taskQueue: 'control',
      workflowId: 'drift/measured/production',
      args: [{ model: 'measured', environment: 'production' }],
    });
    await handle.result();
    return handle;
  },
  'incident-escalated-v1': async (scene) => {
    cast(scene);
    const handle = await found(scene, 'escalated', { owners: ['oncall', 'reviewer', 'author'] });
    await until(handle, (view) => view.remediation !== undefined);
    await scene.environment.sleep('5 hours');
    await until(handle, (view) => view.alertsDelivered === 2);
    await handle.executeUpdate(acknowledgeUpdate, { args: [{ by: 'reviewer', note: 'looking' }] });
    await handle.signal(findingSignal, findingOf(1));
    await until(handle, (view) => view.findings.length === 2);
    return handle;
  },
  'incident-rolled-back-v1': async (scene) => {
    cast(scene);
    scene.answer({ assessRemediation: () => assessed('rollback') });
    const handle = await found(scene, 'rolled-back');
    await handle.result();
    return handle;
  },
  'incident-retraining-v1': async (scene) => {
    cast(scene);
    scene.answer({ assessRemediation: () => assessed('retrain') });
    const handle = await found(scene, 'retraining');
    await until(handle, (view) => view.remediation?.releaseId !== undefined);
    return handle;
  },
  'incident-retrain-lost-v1': async (scene) => {
    cast(scene);
    scene.answer({ assessRemediation: () => assessed('retrain') });
    const handle = await found(scene, 'lost-retrain');
    await until(handle, (view) => view.remediation?.releaseId !== undefined);
    await handle.signal(releaseEndedSignal, { releaseId: 'release/m/retrain', outcome: 'blocked', reason: 'quality' });
    await until(handle, (view) => view.remediation?.outcome !== undefined);
    scene.answer({ lookForRecovery: () => ({ recovered: true, reason: 'the next window is sound again' }) });
    await handle.result();
    return handle;
  },
  'incident-continued-v1': async (scene) => {
    cast(scene);
    const handle = await found(scene, 'continued-incident');
    const first = (await handle.describe()).runId;
    await until(handle, (view) => view.remediation !== undefined);
    while ((await handle.describe()).runId === first) await scene.environment.sleep(30 * DAY);
    await scene.environment.sleep(2 * DAY);
    return handle;
  },
};
