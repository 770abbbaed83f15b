/** The KServe target against a real API server with the rights of its manifest. No KServe runs: tests play what it does. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createKserveTarget } from '../../src/adapters/kubernetes/kserve/deployTarget.js';
import { createApiServer } from '../../src/adapters/kubernetes/apiServer.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { describeDeployTarget } from '../contracts/deployTarget.js';
import { openApiProxy } from '../fixtures/kubernetes/apiProxy.js';
import { describeKserve } from '../fixtures/kubernetes/kserveSuite.js';
import { command, version } from '../fixtures/kubernetes/objectsSuite.js';
import { openRealKserve } from '../fixtures/kubernetes/realScene.js';

describeDeployTarget('KServe, with a real API server', openRealKserve);
describeKserve('a real API server', openRealKserve);

describe('writers of an InferenceService at once', () => {
  let scene: Awaited<ReturnType<typeof openRealKserve>>;
  before(async () => {
    scene = await openRealKserve();
  });
  after(() => scene.close());

  it('lets one win where both have read the same version of it', async () => {
    const { first, second } = scene.artifacts;
    const { tokenFile: _, caFile: __, ...options } = scene.options;
    const proxy = await openApiProxy(createApiServer(scene.options));
    try {
      const slow = createKserveTarget({ ...options, apiServer: proxy.url });
      await scene.target.apply(command('two', 1, 1, version(first, 100)));
      const newer = command('two', 2, 0, version(second, 100));
      let done = false;
      proxy.before = async (method) => {
        if (method !== 'PATCH' || done) return undefined;
        done = true;
        await scene.target.apply(newer);
        return undefined;
      };
      await assert.rejects(
        slow.apply(command('two', 1, 2, version(first, 100))),
        (error) => error instanceof SlipwayError && error.code === 'stale_command',
      );
      assert.deepEqual((await scene.target.observe('two', 'production'))?.fence, newer.fence);
    } finally {
      await proxy.close();
    }
  });
});
