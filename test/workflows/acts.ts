/** What tests do to the workflows of a scene, and see of them. */
import assert from 'node:assert/strict';
import type { WorkflowHandle } from '@temporalio/client';
import type { EnvironmentState } from '../../src/domain/environment/types.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import { environmentId, environmentStateQuery, releaseId, releaseStateQuery } from '../../workflows/messages.js';
import type { ReleaseInput } from '../../workflows/messages.js';
import { canary, digest, inputOf, plan } from './cast.js';
import type { Fakes, Scene } from './scene.js';

export const startRelease = (scene: Scene, input: ReleaseInput): Promise<WorkflowHandle> =>
  scene.environment.client.workflow.start('release', {
    taskQueue: 'control',
    workflowId: releaseId(input.model, input.commit),
    args: [input],
  });

export const releaseOf = (scene: Scene, model: string, commit: string, order: number): Promise<WorkflowHandle> =>
  startRelease(scene, { ...inputOf(commit, order), model });

export const arbiterOf = (scene: Scene, model: string, environment = 'production'): WorkflowHandle =>
  scene.environment.client.workflow.getHandle(environmentId(model, environment));

export const stateOf = (scene: Scene, model: string, environment?: string): Promise<EnvironmentState> =>
  arbiterOf(scene, model, environment).query(environmentStateQuery);

/** Looks again until it holds; what never comes fails with the last that was seen. */
export const untilSeen = async <T>(look: () => Promise<T>, holds: (seen: T) => boolean): Promise<T> => {
  let seen = await look();
  for (let round = 0; !holds(seen); round += 1) {
    if (round === 600) assert.fail(`never seen; the last was ${JSON.stringify(seen)?.slice(0, 2_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
    seen = await look();
  }
  return seen;
};

export const untilView = (handle: WorkflowHandle, holds: (view: ReleaseView) => boolean): Promise<ReleaseView> =>
  untilSeen(() => handle.query(releaseStateQuery), holds);

/** Where a plan of these environments only is what the repository declares. */
export const declares = (...environments: readonly EnvironmentSpec[]): Fakes => ({
  runChecks: () => ({
    verdict: 'pass',
    reason: 'ok',
    plan: { ...plan, environments },
    authorship: { authors: ['author'], unknown: [], trigger: 'author' },
    evidence: digest('1'),
  }),
});

export const canaryIn = (name: string, rollout: EnvironmentSpec['rollout'] = canary): EnvironmentSpec => ({
  name,
  approval: { kind: 'automatic' },
  rollout,
  verify: { smokeRows: 0 },
  gates: [],
});
