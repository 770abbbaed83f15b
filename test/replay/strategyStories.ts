/** Rollouts by other phases than canary steps. */
import { promoteSignal, rolloutId, rolloutStateQuery } from '../../workflows/messages.js';
import type { RolloutView } from '../../src/domain/rollout/types.js';
import type { RolloutSpec } from '../../src/domain/spec/types.js';
import { canaryIn, declares, releaseOf, untilSeen } from '../workflows/acts.js';
import { allGoesWell, canary, DAY } from '../workflows/cast.js';
import type { Scene } from '../workflows/scene.js';
import type { Story } from './story.js';

const usual = (scene: Scene) => allGoesWell(() => scene.environment.client.workflow);
const lasts = { minRequests: 100, deadlineMs: 3_600_000 };
const shadow = { copies: 25, holdMs: 60_000, ...lasts, analysis: canary.analysis };

/** A champion serves in production, and the next version comes by this rollout. */
const second = async (scene: Scene, model: string, rollout: RolloutSpec) => {
  scene.answer({ ...usual(scene), ...declares(canaryIn('production', { strategy: 'immediate' })) });
  await scene.endOf(await releaseOf(scene, model, '8', 1));
  scene.answer(declares(canaryIn('production', rollout)));
  const release = await releaseOf(scene, model, '9', 2);
  return { release, handle: scene.environment.client.workflow.getHandle(rolloutId(model, 'production', 2)) };
};

export const STRATEGY_STORIES: Readonly<Record<string, Story>> = {
  'rollout-blue-green-v1': async (scene) => {
    const keepMs = 8 * 60_000;
    const plan: RolloutSpec = { strategy: 'blueGreen', shadow, keepMs, ...lasts, analysis: canary.analysis };
    const { release, handle } = await second(scene, 'blue-green', plan);
    await scene.endOf(release);
    return handle;
  },
  'rollout-promoted-by-hand-v1': async (scene) => {
    const approve = { roles: ['reviewer'], deadlineMs: DAY };
    const steps = [
      { weight: 25, holdMs: 0, ...lasts, approve },
      { weight: 100, holdMs: 0, ...lasts },
    ];
    const { release, handle } = await second(scene, 'promoted-by-hand', { ...canary, steps });
    await untilSeen(
      () => handle.query(rolloutStateQuery).catch(() => undefined),
      (view?: RolloutView) => view?.status === 'waiting',
    );
    scene.answer({
      lookForWord: ({ step }) => ({ kind: 'given', word: { step, by: 'oncall', reason: 'sound', at: 1 } }),
    });
    await handle.signal(promoteSignal, { by: 'oncall' });
    await scene.endOf(release);
    return handle;
  },
};
