import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { judgeSoak, type SoakLook } from '../../src/domain/rollout/judgeSoak.js';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import { canaryIn, declares, releaseOf, untilView } from './acts.js';
import { allGoesWell, digest } from './cast.js';
import { openScene, type Fakes, type Scene } from './scene.js';

const HOUR = 3_600_000;
let scene: Scene;
/** What the target shows from now on; looks are judged as the activity does. */
let shown: Partial<SoakLook> = {};
const usual = (): Fakes => ({
  ...allGoesWell(() => scene.environment.client.workflow),
  lookAtSoak: ({ at, looks, soakMs }) => {
    const look: SoakLook = { at, restarts: 0, epoch: 1, requests: 0, failures: 0, ...shown };
    const verdict = judgeSoak(looks.at(-1), look);
    const over = verdict.kind === 'sound' && at - (looks[0]?.at ?? at) >= soakMs;
    return { look, verdict, ...(over ? { evidence: digest('e') } : {}) };
  },
});
before(async () => {
  scene = await openScene(usual());
});
afterEach(() => scene.answer(usual()));
after(() => scene.end());

const immediate = { strategy: 'immediate' } as const;
const staging: EnvironmentSpec = { ...canaryIn('staging', immediate), soakMs: 2 * HOUR };

const looked = (): number => scene.callsOf('lookAtSoak').length;
const begin = async (model: string) => {
  shown = {};
  scene.answer({
    ...declares(staging, canaryIn('production', immediate)),
  });
  const release = await releaseOf(scene, model, 'c', 1);
  await untilView(release, ({ stages }) => stageOf(stages)?.status === 'waiting');
  return release;
};
const stageOf = (stages: readonly { name: string; status: string; reason?: string; environment?: string }[]) =>
  stages.find(({ name }) => name === 'soak');
const deployed = (stages: readonly { name: string; status: string; environment?: string }[]): boolean =>
  stages.some(
    ({ name, environment, status }) => name === 'deploy' && environment === 'production' && status === 'passed',
  );

describe('a version that soaks in staging', () => {
  it('goes on after its time, not a minute earlier, and says until when', { timeout: 60_000 }, async () => {
    const release = await begin('soaked');
    const { stages } = await untilView(release, () => true);
    assert.match(stageOf(stages)?.reason ?? '', /^soaking until \d{4}-\d\d-\d\d \d\d:\d\d UTC$/);
    await scene.environment.sleep(2 * HOUR - 60_000);
    assert.equal(deployed((await untilView(release, () => true)).stages), false);
    await scene.environment.sleep(120_000);
    const view = await untilView(release, ({ outcome }) => outcome !== undefined);
    assert.deepEqual([view.outcome, stageOf(view.stages)?.status], ['promoted', 'passed']);
    assert.ok(looked() >= 12 && looked() <= 15, `${looked()} looks`);
  });

  it('begins anew where its model server was started again', { timeout: 60_000 }, async () => {
    const release = await begin('restarted');
    await scene.environment.sleep(HOUR);
    shown = { restarts: 1 };
    await scene.environment.sleep(1.5 * HOUR);
    const { stages } = await untilView(release, () => true);
    assert.equal(deployed(stages), false, 'its two hours began at the restart');
    await scene.environment.sleep(HOUR);
    assert.equal((await untilView(release, ({ outcome }) => outcome !== undefined)).outcome, 'promoted');
  });

  it('ends its release where another version took its place', { timeout: 60_000 }, async () => {
    const release = await begin('replaced');
    shown = { replaced: 'the version before serves in its place' };
    await scene.environment.sleep(HOUR);
    const view = await untilView(release, ({ outcome }) => outcome !== undefined);
    assert.deepEqual([view.outcome, view.reason], ['failed', 'soak_failed: the version before serves in its place']);
  });

  it('is given up where it is never sound for long enough', { timeout: 60_000 }, async () => {
    const release = await begin('ill');
    shown = { ill: 'it is not ready' };
    await scene.environment.sleep(9 * HOUR);
    const view = await untilView(release, ({ outcome }) => outcome !== undefined);
    assert.equal(view.reason, 'soak_failed: it was not sound for long enough: it is not ready');
  });
});
