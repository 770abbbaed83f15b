import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createKubernetesTarget } from '../../src/adapters/kubernetes/deployTarget.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { command, describeKubernetesObjects, version } from '../fixtures/kubernetes/objectsSuite.js';
import { openPlayedScene } from '../fixtures/kubernetes/scene.js';

describeKubernetesObjects('played', openPlayedScene);

describe('two writers of one route', () => {
  it('lets one of them win where both have looked, whoever writes last', async () => {
    const scene = await openPlayedScene();
    const { first, second } = scene.artifacts;
    const other = createKubernetesTarget(scene.options);
    try {
      await scene.target.apply(command('two', 1, 1, version(first, 100)));
      const newer = command('two', 2, 0, version(second, 100));
      let wrote = false;
      scene.server.beforeWrite = async (method, path) => {
        if (wrote || method !== 'PATCH' || !path.includes('/httproutes/')) return;
        wrote = true;
        await other.apply(newer);
      };
      await assert.rejects(
        scene.target.apply(command('two', 1, 2, version(first, 100))),
        (error) => error instanceof SlipwayError && error.code === 'stale_command',
      );
      assert.deepEqual((await other.observe('two', 'production'))?.fence, newer.fence);
    } finally {
      await scene.close();
    }
  });
});
