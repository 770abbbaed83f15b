/** Releases and rollouts that are stopped while traffic moves. */
import { abortSignal, rolloutId } from '../../workflows/messages.js';
import { canaryIn, declares, releaseOf, untilView } from '../workflows/acts.js';
import { allGoesWell, pass } from '../workflows/cast.js';
import type { Scene } from '../workflows/scene.js';
import type { Story } from './story.js';

const usual = (scene: Scene) => allGoesWell(() => scene.environment.client.workflow);

/** A champion serves in production, and a release that would take its place is being brought up. */
const comingUp = async (scene: Scene, model: string) => {
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const { deployVersion } = usual(scene);
  scene.answer({ ...usual(scene), ...declares(canaryIn('production', { strategy: 'immediate' })) });
  await scene.endOf(await releaseOf(scene, model, '8', 1));
  const reached = new Promise<void>((resolve) =>
    scene.answer({
      deployVersion: async (input) => {
        resolve();
        await held;
        return deployVersion?.(input);
      },
    }),
  );
  const release = await releaseOf(scene, model, '9', 2);
  await reached;
  return { release, letGo, rollout: scene.environment.client.workflow.getHandle(rolloutId(model, 'production', 2)) };
};

export const TAKEN_BACK_STORIES: Readonly<Record<string, Story>> = {
  'release-cancelled-at-deploy-v1': async (scene) => {
    const { release, letGo } = await comingUp(scene, 'cancelled-at-deploy');
    await release.cancel();
    await untilView(release, ({ outcome }) => outcome !== undefined).finally(letGo);
    await scene.endOf(release).catch(() => undefined);
    return release;
  },
  'rollout-aborted-at-deploy-v1': async (scene) => {
    const { letGo, rollout } = await comingUp(scene, 'aborted-at-deploy');
    await rollout.signal(abortSignal, { by: 'oncall', reason: 'stop' });
    letGo();
    await rollout.result();
    return rollout;
  },
  'rollout-first-rejected-v1': async (scene) => {
    scene.answer({
      ...usual(scene),
      ...declares(canaryIn('production')),
      analyseStep: ({ index, step }) => ({ ...pass(index, step.weight), verdict: 'fail', reason: 'errors beyond' }),
    });
    await scene.endOf(await releaseOf(scene, 'first-rejected', 'a', 1));
    return scene.environment.client.workflow.getHandle(rolloutId('first-rejected', 'production', 1));
  },
};
