/** Writers of one model at the same time, against a real API server: the resource version of the route decides, whoever is slow. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createApiServer } from '../../src/adapters/kubernetes/apiServer.js';
import { createKubernetesTarget } from '../../src/adapters/kubernetes/deployTarget.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { ErrorCode } from '../../src/domain/errors/table.js';
import type { DeployTarget } from '../../src/ports/deployTarget.js';
import { openApiProxy, type ApiProxy } from '../fixtures/kubernetes/apiProxy.js';
import { command, version } from '../fixtures/kubernetes/objectsSuite.js';
import { openRealScene, type RealScene } from '../fixtures/kubernetes/realScene.js';
import { NAMESPACE } from '../fixtures/kubernetes/scene.js';
import { eventually } from '../fixtures/eventually.js';

const ROUTES = `/apis/gateway.networking.k8s.io/v1/namespaces/${NAMESPACE}/httproutes`;

const code = (expected: ErrorCode) => (error: unknown) => error instanceof SlipwayError && error.code === expected;

describe('writers at once, with a real API server', () => {
  let scene: RealScene;
  let proxy: ApiProxy;
  /** Its requests can be held. */
  let slow: DeployTarget;
  before(async () => {
    scene = await openRealScene();
    const { tokenFile: _, caFile: __, ...options } = scene.options;
    proxy = await openApiProxy(createApiServer(scene.options));
    slow = createKubernetesTarget({ ...options, apiServer: proxy.url });
  });
  after(async () => {
    await proxy.close();
    await scene.close();
  });

  /** Once, before the first request that it fits. */
  const beforeOnce = (fits: (method: string, path: string) => boolean, act: () => Promise<unknown>): void => {
    let done = false;
    proxy.before = async (method, path) => {
      if (done || !fits(method, path)) return undefined;
      done = true;
      await act();
      return undefined;
    };
  };
  const routeOf = async (model: string) => {
    const path = `${ROUTES}?labelSelector=slipway.dev/model%3D${model}`;
    const { items } = (await scene.ask({ path })).body as {
      readonly items: readonly {
        readonly metadata: { readonly managedFields: readonly { readonly manager: string }[] };
        readonly spec: { readonly rules: readonly { readonly backendRefs: readonly { readonly weight: number }[] }[] };
      }[];
    };
    return items[0]!;
  };
  const ready = (model: string) =>
    eventually(async () => {
      const state = await scene.target.observe(model, 'production');
      assert.ok(
        state?.versions.every((one) => one.ready),
        JSON.stringify(state),
      );
    }, 30_000);

  it('lets one win where both have read the same version of the route', async () => {
    const { first, second } = scene.artifacts;
    await scene.target.apply(command('two', 1, 1, version(first, 100)));
    const newer = command('two', 2, 0, version(second, 100));
    beforeOnce(
      (method, path) => method === 'PATCH' && path.includes('/httproutes/'),
      () => scene.target.apply(newer),
    );
    await assert.rejects(slow.apply(command('two', 1, 2, version(first, 100))), code('stale_command'));
    assert.deepEqual((await scene.target.observe('two', 'production'))?.fence, newer.fence);
  });

  it('creates the route of a model once where two come first', async () => {
    const { first, second } = scene.artifacts;
    const other = command('both-first', 1, 2, version(second, 100));
    beforeOnce(
      (method, path) => method === 'POST' && path.includes('/httproutes'),
      () => scene.target.apply(other),
    );
    await assert.rejects(slow.apply(command('both-first', 1, 1, version(first, 100))), code('stale_command'));
    assert.deepEqual((await scene.target.observe('both-first', 'production'))?.fence, other.fence);
  });

  it('has a zombie of an old epoch neither move traffic nor remove what a newer command names', async () => {
    const { first, second } = scene.artifacts;
    await scene.target.apply(command('zombie', 1, 1, version(first, 100)));
    await ready('zombie');
    const newer = command('zombie', 2, 0, version(first, 70), version(second, 30, 'candidate'));
    // It has won the route, sleeps before it brings its version up, and wakes up in another epoch.
    beforeOnce(
      (method, path) => method === 'PATCH' && path.includes('/deployments/'),
      async () => {
        await scene.target.apply(newer);
        await ready('zombie');
        await eventually(async () =>
          assert.deepEqual(
            (await routeOf('zombie')).spec.rules.at(-1)?.backendRefs.map(({ weight }) => weight),
            [700, 300],
          ),
        );
      },
    );
    await assert.rejects(slow.apply(command('zombie', 1, 2, version(first, 100))), code('stale_command'));
    const state = await scene.target.observe('zombie', 'production');
    assert.deepEqual(state?.fence, newer.fence);
    assert.deepEqual(
      state.versions.map(({ weight, ready: isReady }) => [weight, isReady]),
      [
        [70, true],
        [30, true],
      ],
    );
    await assert.rejects(slow.apply(command('zombie', 1, 2, version(first, 100))), code('stale_command'));
  });

  it('owns the fields of its route: another manager is told of the conflict, and seen where it insists', async () => {
    const { first } = scene.artifacts;
    await scene.target.apply(command('owned', 1, 1, version(first, 100)));
    await ready('owned');
    const route = await routeOf('owned');
    const { name } = (route as unknown as { readonly metadata: { readonly name: string } }).metadata;
    const theirs = (force: boolean) =>
      scene.ask({
        ...{ method: 'PATCH', contentType: 'application/apply-patch+yaml' },
        path: `${ROUTES}/${name}?fieldManager=somebody&force=${force}`,
        body: {
          ...{ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', metadata: { name } },
          spec: { rules: [{ backendRefs: [{ name: 'elsewhere', port: 80 }] }] },
        },
      });
    const refused = await theirs(false);
    assert.equal(refused.status, 409);
    assert.match(JSON.stringify(refused.body), /conflict with .*slipway/);
    assert.equal((await theirs(true)).status, 200);
    const found = async () => (await scene.target.observe('owned', 'production'))?.versions[0]?.weight;
    assert.equal(await found(), 0, 'nothing of the traffic is ours any more');
    await scene.target.apply(command('owned', 2, 0, version(first, 100)));
    assert.equal(await found(), 100);
  });

  it('refuses a field that the cluster does not know, such as a fraction of copies, and moves nothing', async () => {
    const { first, second } = scene.artifacts;
    await scene.target.apply(command('older', 1, 1, version(first, 100)));
    await ready('older');
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/httproutes.gateway.networking.k8s.io';
    const { body: definition } = await scene.ask({ path });
    const { metadata, spec } = definition as { readonly metadata: object; readonly spec: object };
    const without = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(without)
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(
              Object.entries(value)
                .filter(([key]) => key !== 'fraction' && key !== 'percent')
                .map(([key, inner]) => [key, key === 'x-kubernetes-validations' ? [] : without(inner)]),
            )
          : value;
    const replace = async (next: unknown) => {
      const answer = await scene.ask({
        ...{ method: 'PATCH', path, contentType: 'application/merge-patch+json', body: { spec: next } },
      });
      assert.equal(answer.status, 200, JSON.stringify(answer.body).slice(0, 300));
    };
    const shadow = { ...version(second, 0, 'shadow'), copies: 10 };
    assert.ok(metadata !== undefined);
    await replace({ versions: (without(spec) as { readonly versions: unknown }).versions });
    try {
      await eventually(
        () =>
          assert.rejects(
            scene.target.apply(command('older', 1, 2, version(first, 100), shadow)),
            (error) => error instanceof SlipwayError && /fraction: field not declared in schema/.test(error.message),
          ),
        30_000,
      );
      const { spec: route } = await routeOf('older');
      assert.ok(!JSON.stringify(route).includes('RequestMirror'), 'a mirror without its fraction copies everything');
    } finally {
      await replace({ versions: (spec as { readonly versions: unknown }).versions });
    }
  });
});
