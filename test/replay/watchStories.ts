/** Rollouts whose candidate is watched between looks, and while a person is waited for. */
import type { Watched } from '../../src/domain/rollout/watch.js';
import { promoteSignal } from '../../workflows/messages.js';
import { allGoesWell, canary, DAY, pass } from '../workflows/cast.js';
import { beginRollout, untilRollout } from '../workflows/rollouts.js';
import type { Scene } from '../workflows/scene.js';
import type { Story } from './story.js';

const MINUTE = 60_000;
const lasts = { minRequests: 100, deadlineMs: 240 * MINUTE };

const sound: Watched = { kind: 'sound', reason: 'nothing is at fault' };
const failed: Watched = {
  ...{ kind: 'failed', reason: 'it is gone' },
  analysis: { ...pass(0, 10), verdict: 'fail', reason: 'it is gone' },
};
/** From that watch on it is at fault. */
const failsAt = (times: number) => {
  let watches = 0;
  return { watchStep: () => (++watches < times ? sound : failed) };
};
const usual = (scene: Scene) => scene.answer(allGoesWell(() => scene.environment.client.workflow));

export const WATCH_STORIES: Readonly<Record<string, Story>> = {
  'rollout-watched-v1': async (scene) => {
    usual(scene);
    const steps = [10, 50].map((weight) => ({ weight, holdMs: 10 * MINUTE, ...lasts }));
    const { rollout } = await beginRollout(scene, 'watched', { ...canary, steps }, failsAt(12));
    await scene.endOf(rollout);
    return rollout;
  },
  'rollout-watched-waiting-v1': async (scene) => {
    usual(scene);
    const approve = { roles: ['reviewer'], deadlineMs: DAY };
    const steps = [10, 50].map((weight) => ({ weight, holdMs: 0, ...lasts, approve }));
    const { rollout } = await beginRollout(scene, 'watched-waiting', { ...canary, steps });
    await untilRollout(rollout, 'waiting', 0);
    await scene.environment.sleep('3 minutes');
    scene.answer({
      ...failsAt(3),
      lookForWord: ({ step }) =>
        step === 0
          ? { kind: 'given', word: { step, by: 'oncall', reason: 'sound', at: 1 } }
          : { kind: 'missing', refused: [] },
    });
    await rollout.signal(promoteSignal, { by: 'oncall' });
    await scene.endOf(rollout);
    return rollout;
  },
};
