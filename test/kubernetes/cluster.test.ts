/**
 * The manifests of Slipway's own processes on a real API server, with the definitions of KEDA and of Temporal's Worker Controller.
 * No kubelet, no controller and no KEDA runs: what is shown is that each is taken as it is written, and may run.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createApiServer } from '../../src/adapters/kubernetes/apiServer.js';
import {
  FILES,
  objectsOf,
  podsOf,
  renderedFor,
  type PodTemplate,
  type ScaledObject,
  type Templated,
} from '../fixtures/kubernetes/clusterManifests.js';
import {
  collectionOf,
  define,
  kedaDefinitions,
  triggerFields,
  workerDefinitions,
  type Manifest,
} from '../fixtures/kubernetes/realScene.js';
import { startKubernetes, type KubernetesServer } from '../servers/kubernetes.js';

const NAMES = Object.keys(FILES) as readonly (keyof typeof FILES)[];

describe('manifests of a cluster', () => {
  let server: KubernetesServer;
  before(async () => {
    server = await startKubernetes();
    for (const object of [...(await kedaDefinitions()), ...(await workerDefinitions())])
      await define(server.ask, object);
  });
  after(() => server.stop());

  const apply = (object: Manifest, query = '') =>
    server.ask({
      method: 'PATCH',
      path: `${collectionOf(object)}/${object.metadata.name}?fieldManager=operator&fieldValidation=Strict${query}`,
      contentType: 'application/apply-patch+yaml',
      body: object,
    });
  /** Without the server's own book-keeping, which a second application of a Namespace moves on. */
  const kept = (body: unknown) => {
    const { metadata, ...rest } = body as { readonly metadata: object };
    const { resourceVersion: _, managedFields: __, ...named } = metadata as Readonly<Record<string, unknown>>;
    return { ...rest, metadata: named };
  };

  for (const file of NAMES)
    it(`${file}: are taken as they are written, and applied again they change nothing`, async () => {
      for (const object of await objectsOf(file)) {
        const first = await apply(object);
        assert.equal(first.status, 201, JSON.stringify(first.body).slice(0, 500));
        const again = await apply(object);
        assert.equal(again.status, 200);
        assert.deepEqual(kept(again.body), kept(first.body));
      }
    });

  for (const [file, kind] of [
    ['slipway', 'StatefulSet'],
    ['workers', 'Deployment'],
    ['versions', 'Connection'],
    ['versions', 'WorkerDeployment'],
    ['versions', 'WorkerResourceTemplate'],
  ] as const)
    it(`are refused with a field that a ${kind} does not have`, async () => {
      const [object] = await objectsOf<Manifest & { readonly spec: object }>(file, kind);
      const { status, body } = await apply(
        { ...object!, spec: { ...object!.spec, surge: 1 } } as Manifest,
        '&dryRun=All',
      );
      assert.ok(
        status >= 400 && /\.spec\.surge: field not declared in schema/.test(JSON.stringify(body)),
        JSON.stringify(body),
      );
    });

  const tryPod = async (name: string, { metadata, spec }: PodTemplate) =>
    server.ask({
      method: 'POST',
      path: '/api/v1/namespaces/slipway/pods?dryRun=All&fieldValidation=Strict',
      body: { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name }, spec },
    });

  for (const file of ['slipway', 'workers', 'versions'] as const)
    it(`${file}: Pods are let in where the restricted Pod security standard is enforced, and not with less`, async () => {
      for (const [name, template] of Object.entries(await podsOf(file))) {
        // Disks of a StatefulSet come from its templates.
        const volumes = [...template.spec.volumes, { name: 'home', emptyDir: {} }].filter(
          ({ name: one }, at, all) => all.findIndex((other) => other.name === one) === at,
        );
        const whole = { ...template, spec: { ...template.spec, volumes } };
        const taken = await tryPod(name, whole);
        assert.equal(taken.status, 201, JSON.stringify(taken.body).slice(0, 500));
        const { runAsNonRoot: _, ...less } = whole.spec.securityContext ?? {};
        const refused = await tryPod(name, { ...whole, spec: { ...whole.spec, securityContext: less } });
        assert.deepEqual([refused.status, /runAsNonRoot/.test(JSON.stringify(refused.body))], [403, true]);
      }
    });

  it('make of each template an autoscaler that KEDA takes, for the version that it is filled in with', async () => {
    for (const template of await objectsOf<Templated>('versions', 'WorkerResourceTemplate')) {
      const rendered = renderedFor(template, '0.1.0-ab12');
      const path = `${collectionOf(rendered)}?dryRun=All&fieldValidation=Strict`;
      const { status, body } = await server.ask({ method: 'POST', path, body: rendered });
      assert.equal(status, 201, JSON.stringify(body).slice(0, 500));
      assert.deepEqual(
        rendered.spec.triggers.filter(({ metadata }) => Object.values(metadata).includes('')),
        [],
      );
    }
  });

  it('say nothing in a trigger that the scaler of KEDA does not know', async () => {
    const known = await triggerFields('temporal');
    assert.ok(known.includes('workerDeploymentBuildId'));
    const objects = [
      ...(await objectsOf<ScaledObject>('autoscaling')),
      ...(await objectsOf<Templated>('versions', 'WorkerResourceTemplate')).map(({ spec }) => spec.template),
    ];
    for (const { spec } of objects)
      for (const { type, metadata } of spec.triggers)
        assert.deepEqual([type, Object.keys(metadata).filter((name) => !known.includes(name))], ['temporal', []]);
  });

  it('let the account of the control plane do what rights.yaml says in its namespace, and nothing elsewhere', async () => {
    const mine = createApiServer({ ...server.access, tokenFile: await server.tokenOf('slipway', 'slipway') });
    const statusOf = async (path: string): Promise<number> => (await mine({ path })).status;
    assert.equal(await statusOf('/apis/apps/v1/namespaces/slipway-production/deployments'), 200);
    assert.equal(await statusOf('/api/v1/namespaces/slipway-production/secrets'), 403);
    assert.equal(await statusOf('/apis/apps/v1/namespaces/slipway/deployments'), 403);
    assert.equal(await statusOf('/api/v1/namespaces/slipway/secrets'), 403);
  });
});
