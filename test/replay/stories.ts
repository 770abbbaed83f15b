/**
 * Stories whose histories users may have. Each plays one on the time-skipping server up to an interesting moment and
 * returns the workflow to record. A history that has landed is never recorded again: a changed workflow must still
 * replay it, so a new moment gets a new version.
 */
import type { WorkflowHandle } from '@temporalio/client';
import {
  decideUpdate,
  environmentId,
  pauseSignal,
  releaseId,
  releaseStateQuery,
  resumeSignal,
  rollbackUpdate,
  rolloutId,
  rolloutStateQuery,
} from '../../workflows/messages.js';
import { newEnvironment } from '../../src/domain/environment/newEnvironment.js';
import { allGoesWell, digest, inputOf } from '../workflows/cast.js';
import type { Scene } from '../workflows/scene.js';
import type { Story } from './story.js';
import { BAKE_STORIES } from './bakeStories.js';
import { MONITORING_STORIES } from './monitoringStories.js';
import { RETIREMENT_STORIES } from './retirementStories.js';
import { STRATEGY_STORIES } from './strategyStories.js';
import { TAKEN_BACK_STORIES } from './takenBackStories.js';
import { WATCH_STORIES } from './watchStories.js';

const client = (scene: Scene) => scene.environment.client.workflow;

const begin = async (scene: Scene, model: string, commit: string, order = 1): Promise<WorkflowHandle> => {
  scene.answer(allGoesWell(() => client(scene)));
  const input = { ...inputOf(commit, order), model };
  return client(scene).start('release', {
    taskQueue: 'control',
    workflowId: releaseId(model, input.commit),
    args: [input],
  });
};

const poll = async (holds: () => Promise<boolean>): Promise<void> => {
  for (let round = 0; round < 400; round += 1) {
    if (await holds().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('the story did not come this far');
};

const waits = (handle: WorkflowHandle): Promise<void> =>
  poll(async () => (await handle.query(releaseStateQuery)).waiting !== undefined);

const approve = (handle: WorkflowHandle, jti: string) =>
  handle.executeUpdate(decideUpdate, { args: [{ statement: `approve reviewer ${jti}` }] });

/** Canaries hold while the scene's activities answer that there is too little data. */
const holdCanary = (scene: Scene): void =>
  scene.answer({
    analyseStep: ({ index, step }) => ({
      step: index,
      weight: step.weight,
      verdict: 'insufficient_data',
      reason: '3 of 100 requests',
      measurements: [],
      requests: 3,
    }),
  });

const rolloutOf = (scene: Scene, model: string, epoch: number): WorkflowHandle =>
  client(scene).getHandle(rolloutId(model, 'production', epoch));

export const STORIES: Readonly<Record<string, Story>> = {
  ...MONITORING_STORIES,
  ...TAKEN_BACK_STORIES,
  ...STRATEGY_STORIES,
  ...RETIREMENT_STORIES,
  ...BAKE_STORIES,
  ...WATCH_STORIES,
  'release-waiting-v1': async (scene) => {
    const handle = await begin(scene, 'waiting', '1');
    await waits(handle);
    return handle;
  },
  'release-promoted-v1': async (scene) => {
    const handle = await begin(scene, 'promoted', '2');
    await waits(handle);
    await approve(handle, 'p1');
    await handle.result();
    return handle;
  },
  'release-expired-v1': async (scene) => {
    const handle = await begin(scene, 'expired', '3');
    await handle.result();
    return handle;
  },
  'rollout-mid-canary-v1': async (scene) => {
    const handle = await begin(scene, 'mid-canary', '4');
    await waits(handle);
    holdCanary(scene);
    await approve(handle, 'p2');
    await poll(async () => (await rolloutOf(scene, 'mid-canary', 1).query(rolloutStateQuery)).status === 'holding');
    return rolloutOf(scene, 'mid-canary', 1);
  },
  'rollout-resumed-v1': async (scene) => {
    const handle = await begin(scene, 'resumed', '5');
    await waits(handle);
    holdCanary(scene);
    await approve(handle, 'p3');
    const rollout = rolloutOf(scene, 'resumed', 1);
    await poll(async () => (await rollout.query(rolloutStateQuery)).status === 'holding');
    await rollout.signal(pauseSignal, { by: 'oncall', reason: 'look closer' });
    await poll(async () => (await rollout.query(rolloutStateQuery)).status === 'paused');
    scene.answer(allGoesWell(() => client(scene)));
    await rollout.signal(resumeSignal, { by: 'oncall' });
    await rollout.result();
    return rollout;
  },
  'environment-continued-v1': async (scene) => {
    scene.answer(allGoesWell(() => client(scene)));
    const first = { artifactDigest: digest('6'), releaseId: 'release/continued/6', commit: '6'.repeat(40) };
    const second = { artifactDigest: digest('7'), releaseId: 'release/continued/7', commit: '7'.repeat(40) };
    const state = { ...newEnvironment('continued', 'production', { epoch: 7, champion: second, previous: first }) };
    const handle = await client(scene).start('environment', {
      taskQueue: 'control',
      workflowId: environmentId('continued', 'production'),
      args: [{ model: 'continued', environment: 'production', state }],
    });
    await handle.executeUpdate(rollbackUpdate, { args: [{ requestId: 'r1', by: 'oncall', reason: 'complaints' }] });
    await poll(
      async () =>
        (await handle.query<{ champion?: { artifactDigest: string } }>('state')).champion?.artifactDigest ===
        first.artifactDigest,
    );
    return handle;
  },
};
