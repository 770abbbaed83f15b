import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TargetVersion } from '../../src/domain/rollout/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { startLoad } from '../fixtures/steadyLoad.js';
import type { TestArtifact } from '../fixtures/artifact.js';
import { MODEL, ONE_ROW, openScene, targetVersion, type Scene } from './scene.js';

/** Numerical Recipes' generator, seeded: the same commands in every run. */
const stream = (seed: number) => {
  let state = seed;
  return (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
};

describe('F51: whatever is commanded', () => {
  let scene: Scene;
  let broken: TestArtifact;
  before(async () => {
    scene = await openScene();
    broken = await scene.store(new Uint8Array(Buffer.from('no model')));
    await scene.apply(targetVersion(scene.first, 100));
    await scene.ready(scene.first.artifactDigest);
  });
  after(() => scene.node.discard());

  it('the last version that could answer goes on answering until another one can', async () => {
    const below = stream(7);
    const load = startLoad(`${scene.node.url()}/v2/models/${MODEL}/infer`, ONE_ROW, 4);
    const all = [scene.first, scene.second, broken];
    for (let turn = 0; turn < 60; turn += 1) {
      const [one, other] = [all[below(3)]!, all[below(3)]!];
      const weight = below(1001) / 10;
      const versions: TargetVersion[] =
        one === other || below(3) === 0
          ? [targetVersion(one, 100, below(2) === 0 ? 'champion' : 'candidate')]
          : [targetVersion(one, (1000 - weight * 10) / 10), targetVersion(other, weight, 'candidate')];
      await scene.apply(...versions);
      // A command from the past between two others changes nothing.
      const late = { ...scene.command(targetVersion(broken, 100)), fence: { epoch: 0, seq: turn } };
      await assert.rejects(
        scene.node.target.apply(late),
        (error) => error instanceof SlipwayError && error.code === 'stale_command',
      );
      await load.pass(1 + below(60));
    }
    const { failures, byVersion } = await load.stop();
    assert.deepEqual(failures, []);
    assert.deepEqual(
      Object.keys(byVersion).filter(
        (version) =>
          version !== scene.first.artifactDigest.slice(7) && version !== scene.second.artifactDigest.slice(7),
      ),
      [],
    );
  });
});
