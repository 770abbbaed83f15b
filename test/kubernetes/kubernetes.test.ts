/**
 * The Kubernetes target against a real API server, with the rights of deploy/kubernetes/rights.yaml and no others. No kubelet and no
 * controller runs: Pods, their readiness and the Gateway are played. On request: the API server is built from source once.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { after, before, describe, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { createApiServer, type AskApiServer } from '../../src/adapters/kubernetes/apiServer.js';
import { createKubernetesTarget } from '../../src/adapters/kubernetes/deployTarget.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { describeDeployTarget } from '../contracts/deployTarget.js';
import { command, describeKubernetesObjects, version } from '../fixtures/kubernetes/objectsSuite.js';
import { NAMESPACE, openKubernetesScene, type KubernetesScene } from '../fixtures/kubernetes/scene.js';
import { startKubernetes } from '../servers/kubernetes.js';

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

const documents = async (file: URL | string): Promise<readonly Manifest[]> =>
  parseAllDocuments(await readFile(file, 'utf8')).map((document) => document.toJS() as Manifest);

const define = async (ask: AskApiServer, object: Manifest): Promise<void> => {
  const { apiVersion, kind, metadata } = object;
  const group = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const place = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  const path = `${group}${place}/${kind.toLowerCase()}s`;
  const { status, body } = await ask({ method: 'POST', path, body: object });
  assert.equal(status, 201, JSON.stringify(body).slice(0, 500));
  const isEstablished = async (): Promise<boolean> =>
    JSON.stringify((await ask({ path: `${path}/${metadata.name}` })).body).includes('"type":"Established"');
  while (kind === 'CustomResourceDefinition' && !(await isEstablished()));
};

const open = async (): Promise<KubernetesScene> => {
  const server = await startKubernetes();
  const url = new URL('../../../tools/servers/gatewayApi.mjs', import.meta.url);
  const tool = (await import(url.href)) as { readonly fetchHttpRouteDefinition: () => Promise<string> };
  for (const object of await documents(await tool.fetchHttpRouteDefinition())) await define(server.ask, object);
  for (const object of await documents(new URL('../../../deploy/kubernetes/rights.yaml', import.meta.url)))
    await define(server.ask, object);
  const [podAddress] = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .flatMap(({ family, internal, address }) => (family === 'IPv4' && !internal ? [address] : []));
  assert.ok(podAddress !== undefined, 'the API server asks no Pod at a loopback address');
  const { apiServer, caFile } = server;
  return openKubernetesScene({
    ...{ apiServer, caFile, podAddress },
    tokenFile: await server.tokenOf(NAMESPACE, 'slipway'),
    admin: server.access,
    close: () => server.stop(),
  });
};

describeDeployTarget('Kubernetes, with a real API server', open);
describeKubernetesObjects('a real API server', open);

describe('the rights of the manifest', () => {
  let scene: KubernetesScene;
  before(async () => {
    scene = await open();
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
