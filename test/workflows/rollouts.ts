/** Rollouts of a scene: version a serves in production, and b comes in. */
import assert from 'node:assert/strict';
import type { WorkflowHandle } from '@temporalio/client';
import type { Version } from '../../src/domain/artifact/types.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { RolloutOutcome, RolloutView } from '../../src/domain/rollout/types.js';
import type { RolloutSpec } from '../../src/domain/spec/types.js';
import { rolloutId, rolloutStateQuery } from '../../workflows/messages.js';
import { canaryIn, declares, releaseOf, untilSeen } from './acts.js';
import { digest } from './cast.js';
import type { Fakes, Scene } from './scene.js';

export const versionOf = (letter: string): Version => ({
  artifactDigest: digest(letter),
  releaseId: `release/m/${letter}`,
  commit: letter.repeat(40),
});

export const rolloutOf = (scene: Scene, model: string, epoch = 2): WorkflowHandle =>
  scene.environment.client.workflow.getHandle(rolloutId(model, 'production', epoch));

/** Undefined: it has not begun. */
export const viewOf = (rollout: WorkflowHandle): Promise<RolloutView | undefined> =>
  rollout.query(rolloutStateQuery).catch(() => undefined);

export const untilRollout = async (
  rollout: WorkflowHandle,
  status: RolloutView['status'],
  step?: number,
): Promise<RolloutView> => {
  const view = await untilSeen(
    () => viewOf(rollout),
    (seen) => seen?.status === status && (step === undefined || seen.step === step),
  );
  return view!;
};

export const outcomeOf = (scene: Scene, rollout: WorkflowHandle): Promise<RolloutOutcome> => scene.endOf(rollout);

/**
 * A champion of epoch 1, and the rollout of the version after it, which has begun.
 *
 * @param fakes what activities answer from the second version on
 */
export const beginRollout = async (
  scene: Scene,
  model: string,
  rollout: RolloutSpec,
  fakes: Fakes = {},
): Promise<{ readonly release: WorkflowHandle; readonly rollout: WorkflowHandle }> => {
  scene.answer(declares(canaryIn('production', { strategy: 'immediate' })));
  const first = await scene.endOf<ReleaseView>(await releaseOf(scene, model, 'a', 1));
  assert.equal(first.outcome, 'promoted', first.reason);
  scene.answer({ ...declares(canaryIn('production', rollout)), ...fakes });
  const begun = { release: await releaseOf(scene, model, 'b', 2), rollout: rolloutOf(scene, model) };
  await untilSeen(
    () => viewOf(begun.rollout),
    (view) => view !== undefined,
  );
  return begun;
};
