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

describe('a controller that writes the status of a Deployment before each write of ours', () => {
  it('neither keeps what was counted from being noted nor what nobody names from going', async () => {
    const scene = await openPlayedScene();
    const { first } = scene.artifacts;
    const status = (path: string, times: number) => ({
      ...{
        method: 'PATCH' as const,
        path: `${path.split('?')[0]!}/status`,
        contentType: 'application/merge-patch+json',
      },
      body: { status: { conditions: [{ type: 'Seen', status: 'True', message: String(times) }] } },
    });
    try {
      let times = 0;
      // It has written before each of the first writes; then it has nothing to say for a while.
      const disturb = (method: string) => async (found: string, path: string) => {
        if (found !== method || !path.includes('/deployments/') || path.includes('/status') || times > 3) return;
        times += 1;
        await scene.ask(status(path, times));
      };
      await scene.target.apply(command('busy', 1, 1, version(first, 100)));
      scene.server.beforeWrite = disturb('PATCH');
      await scene.target.apply(command('busy', 1, 2, version(first, 100)));
      const { since, counters } = await scene.target.measure('busy', 'production');
      assert.deepEqual([since.seq, counters.length], [2, 1]);
      times = 0;
      scene.server.beforeWrite = disturb('DELETE');
      await scene.target.apply(command('busy', 2, 0));
      assert.ok(times > 0);
      const path = '/apis/apps/v1/namespaces/slipway-production/deployments?labelSelector=slipway.dev/model%3Dbusy';
      assert.deepEqual(((await scene.ask({ path })).body as { readonly items: readonly unknown[] }).items, []);
    } finally {
      scene.server.beforeWrite = undefined;
      await scene.close();
    }
  });
});
