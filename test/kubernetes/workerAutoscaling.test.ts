/** deploy/kubernetes/worker-autoscaling.yaml against the definitions of KEDA on a real API server. No KEDA runs. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { QUEUES } from '../../workflows/messages.js';
import { collectionOf, define, kedaDefinitions, manifestsOf, type Manifest } from '../fixtures/kubernetes/realScene.js';
import { startKubernetes, type KubernetesServer } from '../servers/kubernetes.js';

interface ScaledObject extends Manifest {
  readonly spec: {
    readonly triggers: readonly { readonly type: string; readonly metadata: Readonly<Record<string, string>> }[];
  };
}

describe('workers that follow their backlog', () => {
  let server: KubernetesServer;
  let manifests: readonly ScaledObject[];
  before(async () => {
    server = await startKubernetes();
    for (const object of await kedaDefinitions()) await define(server.ask, object);
    await define(server.ask, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'slipway' } });
    manifests = (await manifestsOf('deploy/kubernetes/worker-autoscaling.yaml')) as readonly ScaledObject[];
  });
  after(() => server.stop());

  const tryOut = (object: object, collection: string) =>
    server.ask({ method: 'POST', path: `${collection}?dryRun=All&fieldValidation=Strict`, body: object });

  it('are taken as they are written, without a field that KEDA does not know', async () => {
    for (const object of manifests) {
      const { status, body } = await tryOut(object, collectionOf(object));
      assert.equal(status, 201, JSON.stringify(body).slice(0, 500));
    }
  });

  it('are refused with a field of another name', async () => {
    const [object] = manifests;
    const { status, body } = await tryOut(
      { ...object!, spec: { ...object!.spec, minReplicas: 1 } },
      collectionOf(object!),
    );
    assert.deepEqual([status, /unknown field .*spec\.minReplicas/.test(JSON.stringify(body))], [400, true]);
  });

  it('are one for each task queue', () => {
    const queues = manifests.map(({ spec }) => spec.triggers[0]?.metadata['taskQueue']);
    assert.deepEqual([...queues].sort(), Object.values(QUEUES).sort());
  });
});
