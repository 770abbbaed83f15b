/** deploy/kubernetes says what our processes understand, gives each the least, and says the same of workers twice. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parseOperator } from '../../src/config/operator.js';
import { readVariables } from '../../src/config/variables.js';
import { QUEUES } from '../../workflows/messages.js';
import {
  objectsOf,
  podsOf,
  type PodTemplate,
  type ScaledObject,
  type Templated,
} from '../fixtures/kubernetes/clusterManifests.js';
import type { Manifest } from '../fixtures/kubernetes/realScene.js';

interface Policy extends Manifest {
  readonly spec: {
    readonly policyTypes: readonly string[];
    readonly podSelector: { readonly matchExpressions?: readonly { readonly values: readonly string[] }[] };
    readonly ingress?: readonly object[];
  };
}
type ConfigMap = Manifest & { readonly data: Readonly<Record<string, string>> };

const ROOT = new URL('../../../', import.meta.url);
const maps = Object.fromEntries(
  (await objectsOf<ConfigMap>('slipway', 'ConfigMap')).map(({ metadata, data }) => [metadata.name, data]),
);
const pods: Readonly<Record<string, PodTemplate>> = { ...(await podsOf('slipway')), ...(await podsOf('workers')) };
const variablesOf = ({ spec }: PodTemplate): Readonly<Record<string, string>> => ({
  ...maps['slipway-environment'],
  ...Object.fromEntries((spec.containers[0]?.env ?? []).map(({ name, value }) => [name, value ?? ''])),
});
const queueOf = (template: PodTemplate | undefined): string | undefined =>
  template?.spec.containers[0]?.env?.find(({ name }) => name === 'SLIPWAY_QUEUES')?.value;

describe('manifests of a cluster', () => {
  it('hold a configuration that processes take', () => {
    const file = parseOperator(maps['slipway-config']?.['slipway.config.yaml'] ?? '', 'slipway.config.yaml');
    assert.deepEqual(
      file.environments.map(({ name }) => name),
      ['test', 'production'],
    );
    // The signer's socket and the store's credentials are in the same Pod as commands of repositories.
    assert.equal(file.steps.confinement, 'required');
  });

  it('begin programs that there are, with variables that they read', () => {
    for (const [name, template] of Object.entries(pods)) {
      const [program, file = ''] = template.spec.containers[0]?.command ?? [];
      assert.deepEqual([name, program, existsSync(new URL(file, ROOT))], [name, 'node', true]);
      const ours = Object.entries(variablesOf(template)).filter(([one]) => one.startsWith('SLIPWAY_'));
      // What is in files is no part of a manifest.
      const plain = ours.filter(([one]) => !one.endsWith('_FILE'));
      const read = readVariables(Object.fromEntries(plain));
      assert.deepEqual(Object.keys(read).sort(), plain.map(([one]) => one).sort());
    }
  });

  it('give each container the least, and say when it is well', () => {
    for (const [name, { spec }] of Object.entries(pods))
      for (const container of [...spec.initContainers, ...spec.containers]) {
        assert.deepEqual(
          container.securityContext,
          { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
          name,
        );
        const { requests, limits } = container.resources ?? {};
        assert.deepEqual(
          [Object.keys(requests ?? {}), Object.keys(limits ?? {})],
          [['cpu', 'memory'], ['memory']],
          name,
        );
        if (spec.containers.includes(container))
          assert.ok(container.readinessProbe !== undefined && container.livenessProbe !== undefined, name);
      }
  });

  it('hand a token of the cluster to those alone that ask it for something', () => {
    const withToken = Object.entries(pods).filter(([, { spec }]) => spec.automountServiceAccountToken !== false);
    assert.deepEqual(withToken.map(([name]) => name).sort(), [
      'slipway-api',
      'slipway-worker-control',
      'slipway-worker-serve',
    ]);
    for (const [, { spec }] of withToken) assert.equal(spec.serviceAccountName, 'slipway');
  });

  it('let callers reach the API and models, and nothing else', async () => {
    const policies = (await objectsOf<Policy>('slipway', 'NetworkPolicy')).map(({ spec }) => spec);
    const closed = policies.filter(({ ingress = [] }) => ingress.length === 0);
    const everybody: Policy['spec'] = { podSelector: {}, policyTypes: ['Ingress'] };
    assert.deepEqual(closed, [everybody], 'every Pod is closed first');
    const open = policies.filter((one) => !closed.includes(one));
    const named = open.flatMap(
      ({ podSelector }) => podSelector.matchExpressions?.flatMap(({ values }) => values) ?? [],
    );
    const labels = Object.values(pods).map(({ metadata }) => metadata.labels['app.kubernetes.io/name'] ?? '');
    assert.deepEqual(named.sort(), labels.filter((name) => /-(api|serving-.*)$/.test(name)).sort());
    assert.deepEqual(
      open.flatMap(({ ingress = [] }) => ingress),
      [{ ports: [{ port: 'http', protocol: 'TCP' }] }],
    );
  });

  it('hand secrets over in files below the home, which commands of repositories are not shown', () => {
    for (const [name, template] of Object.entries(pods)) {
      const { spec } = template;
      const home = variablesOf(template)['SLIPWAY_HOME'] ?? '';
      const [container] = spec.containers;
      const mounts = container?.volumeMounts?.filter((mount) => mount.name === 'store') ?? [];
      assert.deepEqual(mounts, [{ name: 'store', mountPath: `${home}/secrets/store`, readOnly: true }], name);
      assert.deepEqual(
        container?.env?.filter(({ valueFrom }) => valueFrom !== undefined),
        container?.env === undefined ? undefined : [],
      );
      for (const key of ['SLIPWAY_STORE_ACCESS_KEY_FILE', 'SLIPWAY_STORE_SECRET_KEY_FILE'])
        assert.ok(variablesOf(template)[key]?.startsWith(`${home}/secrets/store/`));
    }
  });

  it('show the private keys of the signer and of the API to nobody else', () => {
    for (const [name, { spec }] of Object.entries(pods)) {
      const shared = spec.containers[0]?.volumeMounts?.filter(({ mountPath }) => mountPath.includes('/keys')) ?? [];
      for (const mount of shared)
        assert.deepEqual(
          [mount.mountPath, mount.readOnly === true],
          ['/var/lib/slipway/keys/public', name !== 'slipway-api'],
        );
    }
  });

  it('have one pool of workers for each task queue, which are the same Pods as versions and as plain Deployments', async () => {
    const plain = await podsOf('workers');
    assert.deepEqual(await podsOf('versions'), plain);
    assert.deepEqual(Object.values(plain).map(queueOf).sort(), Object.values(QUEUES).sort());
  });

  it('scale the pool of the queue that a trigger looks at', async () => {
    const plain = await podsOf('workers');
    for (const { spec } of await objectsOf<ScaledObject>('autoscaling'))
      assert.equal(queueOf(plain[spec.scaleTargetRef.name ?? '']), spec.triggers[0]?.metadata['taskQueue']);
    const templates = await objectsOf<Templated>('versions', 'WorkerResourceTemplate');
    assert.equal(templates.length, 4);
    for (const { spec } of templates)
      assert.equal(
        queueOf(plain[spec.workerDeploymentRef.name]),
        spec.template.spec.triggers[0]?.metadata['taskQueue'],
      );
  });
});
