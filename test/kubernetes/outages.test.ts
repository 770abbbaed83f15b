/** An API server that goes away, hangs, or is asked with other credentials: `target_unreachable`, and the traffic as it was. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { createApiServer } from '../../src/adapters/kubernetes/apiServer.js';
import { createKubernetesTarget } from '../../src/adapters/kubernetes/deployTarget.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { ErrorCode } from '../../src/domain/errors/table.js';
import type { TargetCommand } from '../../src/domain/rollout/types.js';
import type { DeployTarget } from '../../src/ports/deployTarget.js';
import { openApiProxy, type ApiProxy } from '../fixtures/kubernetes/apiProxy.js';
import { command, version } from '../fixtures/kubernetes/objectsSuite.js';
import { openRealScene, type RealScene } from '../fixtures/kubernetes/realScene.js';
import { NAMESPACE } from '../fixtures/kubernetes/scene.js';
import { eventually } from '../fixtures/eventually.js';

const code = (expected: ErrorCode) => (error: unknown) => error instanceof SlipwayError && error.code === expected;

describe('outages of a real API server', () => {
  let scene: RealScene;
  let proxy: ApiProxy;
  let target: DeployTarget;
  before(async () => {
    scene = await openRealScene();
    const { tokenFile: _, caFile: __, ...options } = scene.options;
    proxy = await openApiProxy(createApiServer(scene.options));
    target = createKubernetesTarget({ ...options, apiServer: proxy.url });
  });
  after(async () => {
    await proxy.close();
    await scene.close();
  });

  const weights = async (model: string): Promise<readonly number[]> => {
    const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${NAMESPACE}/httproutes?labelSelector=slipway.dev/model%3D${model}`;
    const { items } = (await scene.ask({ path })).body as {
      readonly items: readonly {
        readonly spec: { readonly rules: readonly { readonly backendRefs: readonly { readonly weight: number }[] }[] };
      }[];
    };
    return (items[0]!.spec.rules.at(-1)?.backendRefs ?? []).map(({ weight }) => weight);
  };
  const ready = (given: TargetCommand, expected: readonly number[]) =>
    eventually(async () => {
      const state = await scene.target.observe(given.model, 'production');
      assert.ok(
        state?.versions.every((one) => one.ready),
        JSON.stringify(state),
      );
      assert.deepEqual(await weights(given.model), expected);
    }, 30_000);

  for (const [moment, fits] of [
    [
      'before the command is taken',
      (method: string, path: string) => method === 'PATCH' && path.includes('/httproutes/'),
    ],
    [
      'before its version comes up',
      (method: string, path: string) => method === 'PATCH' && path.includes('/services/'),
    ],
    ['before its shares are written', (method: string, path: string) => method === 'GET' && path.includes('/pods?')],
  ] as const)
    it(`is killed ${moment}: the traffic stays, and the same command ends what was begun`, async () => {
      const { first, second } = scene.artifacts;
      const model = `killed-${moment.split(' ').at(-1)!}`;
      const before = command(model, 1, 1, version(first, 100));
      await scene.target.apply(before);
      await ready(before, [1000]);
      let killed = false;
      proxy.before = async (method, path) => {
        if (killed || !fits(method, path)) return undefined;
        killed = true;
        await scene.server.process.kill9();
        return undefined;
      };
      const shift = command(model, 1, 2, version(first, 50), version(second, 50, 'candidate'));
      await assert.rejects(target.apply(shift), code('target_unreachable'));
      assert.ok(killed);
      proxy.before = undefined;
      await scene.server.process.restart();
      assert.deepEqual(await weights(model), [1000]);
      await target.apply(shift);
      await ready(shift, [500, 500]);
    });

  it('carries a command out whose answers are all lost', async () => {
    const { first } = scene.artifacts;
    const lost = command('lost-answers', 1, 1, version(first, 100));
    // Each attempt comes one write further, and loses the answer to that.
    for (let attempts = 0; ; attempts += 1) {
      assert.ok(attempts < 20, 'it comes to an end');
      let cut = false;
      const written = new Set<string>();
      proxy.after = async (method, path) => {
        if (method === 'GET' || cut || written.size < attempts) {
          if (method !== 'GET') written.add(path);
          return undefined;
        }
        cut = true;
        return 'cut';
      };
      const done = await target.apply(lost).then(
        () => true,
        (error: unknown) => !code('target_unreachable')(error),
      );
      if (done && !cut) break;
    }
    proxy.after = undefined;
    await ready(lost, [1000]);
  });

  it('hangs: the question ends in time, and a write that comes through late is older than the next command', async () => {
    const { first, second } = scene.artifacts;
    const before = command('hung', 1, 1, version(first, 100));
    await scene.target.apply(before);
    await ready(before, [1000]);
    process.kill(scene.server.process.pid, 'SIGSTOP');
    try {
      await assert.rejects(
        scene.target.apply(command('hung', 1, 2, version(second, 100))),
        (error) => code('target_unreachable')(error) && /timeout|abort/i.test((error as Error).message),
      );
    } finally {
      process.kill(scene.server.process.pid, 'SIGCONT');
    }
    await ready(before, [1000]);
    assert.deepEqual((await scene.target.observe('hung', 'production'))?.fence, before.fence);
  });

  it('takes the token that the file has now, and says which was refused', async () => {
    const { first } = scene.artifacts;
    const file = scene.options.tokenFile!;
    const good = await readFile(file, 'utf8');
    const given = command('rotated', 1, 1, version(first, 100));
    await writeFile(file, 'expired');
    await assert.rejects(
      scene.target.apply(given),
      (error) => code('target_refused')(error) && /Unauthorized/.test((error as Error).message),
    );
    await scene.server.tokenOf(NAMESPACE, 'slipway');
    assert.notEqual(await readFile(file, 'utf8'), good, 'another token of the same account');
    await scene.target.apply(given);
    await ready(given, [1000]);
  });

  it('has names of 63 characters for models and environments of 63', async () => {
    const { first, second } = scene.artifacts;
    const environment = `e${'-environment'.repeat(5)}xx`;
    const model = `m${'-model'.repeat(10)}xx`;
    assert.deepEqual([environment.length, model.length], [63, 63]);
    const long = createKubernetesTarget({ ...scene.options, environment });
    const shadow = { ...version(second, 0, 'shadow'), copies: 1 };
    const given = { ...command(model, 1, 1, version(first, 100), shadow), environment };
    await long.apply(given);
    await eventually(async () => {
      const state = await long.observe(model, environment);
      assert.ok(
        state?.versions.every((one) => one.ready),
        JSON.stringify(state),
      );
    }, 30_000);
    await long.apply({ ...given, fence: { epoch: 2, seq: 0 }, versions: [] });
    assert.deepEqual((await long.observe(model, environment))?.versions, []);
  });
});
