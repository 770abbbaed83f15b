/** Releases that wait for labels after they were deployed. */
import type { BakeFound } from '../../activities/lookAtBake.js';
import type { BakeSpec } from '../../src/domain/spec/bake.js';
import { canaryIn, declares, releaseOf, stateOf, untilView } from '../workflows/acts.js';
import { bakeAnsweredSignal } from '../../workflows/messages.js';
import { allGoesWell, DAY, digest } from '../workflows/cast.js';
import type { Scene } from '../workflows/scene.js';
import type { Story } from './story.js';

const spec: BakeSpec = {
  ...{ metric: 'brier', maxLoss: 0.2, minLabels: 100, minShare: 0.5, withinMs: 12 * DAY, otherwise: 'ask' },
};
const TOO_FEW: BakeFound['verdict'] = { kind: 'waiting', reason: '10 of 20 rows have labels, and 100 are needed' };

/** Labels say nothing yet, and the version waits for them. */
const provisional = async (scene: Scene, model: string, commit = 'a', order = 1) => {
  scene.answer({
    ...allGoesWell(() => scene.environment.client.workflow),
    ...declares({ ...canaryIn('production', { strategy: 'immediate' }), bake: spec }),
    lookAtBake: async ({ environment, artifactDigest }) => {
      const { champion } = await stateOf(scene, model, environment);
      return champion?.artifactDigest === artifactDigest
        ? { since: 1, verdict: TOO_FEW }
        : { verdict: { kind: 'replaced', by: champion?.commit.slice(0, 3) ?? '', how: 'newer' } };
    },
  });
  const release = await releaseOf(scene, model, commit, order);
  await untilView(release, ({ stages }) => stages.some(({ name, status }) => name === 'bake' && status === 'waiting'));
  return release;
};

export const BAKE_STORIES: Readonly<Record<string, Story>> = {
  'release-bake-confirmed-v1': async (scene) => {
    const release = await provisional(scene, 'baked');
    await scene.environment.sleep(1.5 * DAY);
    scene.answer({ lookAtBake: () => ({ since: 1, verdict: { kind: 'confirmed', reason: 'brier is 0.1' } }) });
    await scene.environment.sleep(DAY);
    await untilView(release, ({ endedAt }) => endedAt !== undefined);
    return release;
  },
  /** From before anybody was asked at the deadline. */
  'release-bake-unasked-v1': async (scene) => {
    const release = await provisional(scene, 'unasked');
    await scene.environment.sleep(13 * DAY);
    await untilView(release, ({ endedAt }) => endedAt !== undefined);
    return release;
  },
  /** Its owners are asked at the deadline, reminded once, and one of them keeps it. */
  'release-bake-asked-v1': async (scene) => {
    const release = await provisional(scene, 'asked');
    await scene.environment.sleep(16.5 * DAY);
    const evidence = digest('e');
    const answer = { kind: 'confirm', by: 'operator', reason: 'sales look as before', at: 1 } as const;
    scene.answer({ lookForAnswer: () => ({ kind: 'given', answer, evidence }) });
    await release.signal(bakeAnsweredSignal);
    await untilView(release, ({ endedAt }) => endedAt !== undefined);
    return release;
  },
  /** A message has it look at once: from before such looks left the labels to those by the clock. */
  'release-bake-replaced-v1': async (scene) => {
    const release = await provisional(scene, 'replaced');
    await provisional(scene, 'replaced', 'b', 2);
    await untilView(release, ({ endedAt }) => endedAt !== undefined);
    return release;
  },
};
