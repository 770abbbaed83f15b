/** What incidents are about in these scenes: a version that serves, the one before it, and findings of windows. */
import assert from 'node:assert/strict';
import type { WorkflowHandle } from '@temporalio/client';
import { newEnvironment } from '../../src/domain/environment/newEnvironment.js';
import type { Version } from '../../src/domain/artifact/types.js';
import type { EnvironmentState } from '../../src/domain/environment/types.js';
import type { IncidentView, RemediationAction } from '../../src/domain/incident/types.js';
import type { MonitoringSpec } from '../../src/domain/spec/types.js';
import type { RemediationAssessment } from '../../activities/assessRemediation.js';
import {
  environmentId,
  environmentStateQuery,
  findingSignal,
  incidentId,
  incidentStateQuery,
  type FindingMessage,
  type IncidentInput,
} from '../../workflows/messages.js';
import { eventually } from '../fixtures/eventually.js';
import { allGoesWell, DAY, digest } from './cast.js';
import type { Fakes, Scene } from './scene.js';

export const serving: Version = { artifactDigest: digest('b'), releaseId: 'release/m/2', commit: '2'.repeat(40) };
export const previous: Version = { artifactDigest: digest('a'), releaseId: 'release/m/1', commit: '1'.repeat(40) };

export const monitoring: MonitoringSpec = {
  everyMs: DAY,
  windowMs: 7 * DAY,
  labelDelayMs: DAY,
  minRows: 500,
  drift: { maxDistance: 0.1, alpha: 0.01 },
  performance: { metric: 'brier', maxIncrease: 0.02 },
  remediation: { rollback: true, retrain: true, cooldownMs: DAY, maxRetrains: 1 },
};

export const incidentInput = (model: string, change: Partial<IncidentInput> = {}): IncidentInput => ({
  model,
  environment: 'production',
  kind: 'performance',
  subject: 'brier',
  owner: 'oncall',
  owners: ['oncall'],
  monitoring,
  ...change,
});

/** The finding of the `week`th window, counted from 0. */
export const findingOf = (week: number, artifactDigest = serving.artifactDigest): FindingMessage => ({
  findingId: `performance.brier@${week}/${artifactDigest.slice(7, 19)}`,
  finding: { kind: 'performance', subject: 'brier', reason: `brier is 0.3 in week ${week}`, pages: true },
  report: digest('e'),
  artifactDigest,
  window: { start: week * 7 * DAY, end: (week + 1) * 7 * DAY },
});

export const assessed = (action: RemediationAction, reason = 'as the scene says'): RemediationAssessment => ({
  decision: { action, reason },
  evidence: digest('f'),
  serving,
  previous,
  dataUntil: 7 * DAY,
});

export const everybodyAnswers = (scene: () => Scene): Fakes => ({
  ...allGoesWell(() => scene().environment.client.workflow),
  measureDrift: () => ({ kind: 'skipped', why: 'no_window', reason: 'nothing is due' }),
  moveWatermark: () => undefined,
  notifyOwner: () => ({ told: true }),
  recordIncident: () => undefined,
  lookForRecovery: () => ({ recovered: false, reason: 'no later window says anything about it yet' }),
  assessRemediation: () => assessed('none', 'the data of the window failed its quality checks'),
  exportTrainingData: () => ({ digest: digest('d'), size: 1_000, rows: 900, from: 0, until: 7 * DAY }),
  startRetrain: () => ({ releaseId: 'release/m/retrain' }),
});

export const report = (scene: Scene, input: IncidentInput, message: FindingMessage): Promise<WorkflowHandle> =>
  scene.environment.client.workflow.signalWithStart('incident', {
    taskQueue: 'control',
    workflowId: incidentId(input.model, input.environment, input.kind, input.subject),
    args: [input],
    signal: findingSignal,
    signalArgs: [message],
  });

/** An arbiter in whose environment `serving` runs, and ran after `previous`. */
export const openEnvironment = async (scene: Scene, model: string): Promise<WorkflowHandle> => {
  const entry = (version: Version, epoch: number) =>
    ({
      requestId: `r${epoch}`,
      kind: 'release',
      epoch,
      version,
      outcome: 'deployed',
      by: 'author',
      reason: '',
      order: epoch,
      startedAt: 0,
      endedAt: 0,
    }) as const;
  const state: EnvironmentState = {
    ...newEnvironment(model, 'production', { epoch: 2, champion: serving, previous }),
    history: [entry(serving, 2), entry(previous, 1)],
  };
  return scene.environment.client.workflow.start('environment', {
    taskQueue: 'control',
    workflowId: environmentId(model, 'production'),
    args: [{ model, environment: 'production', state }],
  });
};

export const stateOf = (scene: Scene, model: string): Promise<EnvironmentState> =>
  scene.environment.client.workflow.getHandle(environmentId(model, 'production')).query(environmentStateQuery);

/**
 * Cancels it between two activities: the time-skipping server no longer skips where one ends in the moment in which its
 * workflow is cancelled.
 */
export const cancelAtRest = async (handle: WorkflowHandle): Promise<void> => {
  await eventually(async () => {
    const { raw } = await handle.describe();
    assert.equal(raw.pendingActivities?.length ?? 0, 0);
  });
  await handle.cancel();
};

export const until = async (handle: WorkflowHandle, holds: (view: IncidentView) => boolean): Promise<IncidentView> => {
  let view: IncidentView | undefined;
  for (let round = 0; round < 400; round += 1) {
    view = await handle.query(incidentStateQuery);
    if (holds(view)) return view;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`the incident did not come this far: ${JSON.stringify(view)}`);
};
