/**
 * The Kubernetes target against a real API server, with the rights of deploy/kubernetes/rights.yaml and no others. No kubelet and no
 * controller runs: Pods, their readiness and the Gateway are played. On request: the API server is built from source once.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createApiServer } from '../../src/adapters/kubernetes/apiServer.js';
import { createKubernetesTarget } from '../../src/adapters/kubernetes/deployTarget.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { describeDeployTarget } from '../contracts/deployTarget.js';
import { command, describeKubernetesObjects, version } from '../fixtures/kubernetes/objectsSuite.js';
import { openRealScene } from '../fixtures/kubernetes/realScene.js';
import { NAMESPACE, type KubernetesScene } from '../fixtures/kubernetes/scene.js';

describeDeployTarget('Kubernetes, with a real API server', openRealScene);
describeKubernetesObjects('a real API server', openRealScene);

describe('the rights of the manifest', () => {
  let scene: KubernetesScene;
  before(async () => {
    scene = await openRealScene();
  });
  after(() => scene.close());

  it('are refused in any other namespace, and say so in the words of Kubernetes', async () => {
    const elsewhere = createKubernetesTarget({ ...scene.options, namespace: 'default' });
    await assert.rejects(
      elsewhere.apply(command('late', 1, 1, version(scene.artifacts.first, 100))),
      (error) => error instanceof SlipwayError && error.code === 'target_refused' && /forbidden/.test(error.message),
    );
  });

  it('read no secret, change no right, and remove no route', async () => {
    const ask = createApiServer(scene.options);
    const group = `/apis/gateway.networking.k8s.io/v1/namespaces/${NAMESPACE}`;
    for (const [method, path] of [
      ['GET', `/api/v1/namespaces/${NAMESPACE}/secrets`],
      ['GET', `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}/roles`],
      ['DELETE', `${group}/httproutes/any`],
      ['GET', '/api/v1/nodes'],
    ] as const)
      assert.equal((await ask({ method, path })).status, 403, path);
  });
});
