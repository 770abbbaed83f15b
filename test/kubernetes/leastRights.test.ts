/** deploy/kubernetes/rights.yaml grants nothing that the target can do without: each verb is taken away once. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createApiServer, type AskApiServer } from '../../src/adapters/kubernetes/apiServer.js';
import { createKubernetesTarget } from '../../src/adapters/kubernetes/deployTarget.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { DeployTarget } from '../../src/ports/deployTarget.js';
import { eventually } from '../fixtures/eventually.js';
import { command, version } from '../fixtures/kubernetes/objectsSuite.js';
import { manifestsOf, openRealScene, type RealScene } from '../fixtures/kubernetes/realScene.js';
import { NAMESPACE } from '../fixtures/kubernetes/scene.js';

interface Rule {
  readonly apiGroups: readonly [string];
  readonly resources: readonly [string];
  readonly verbs: readonly string[];
}

const manifests = await manifestsOf('deploy/kubernetes/rights.yaml');
const { rules } = manifests.find(({ kind }) => kind === 'Role') as unknown as { readonly rules: readonly Rule[] };

describe('least rights', () => {
  let scene: RealScene;
  let mine: AskApiServer;
  let target: DeployTarget;
  before(async () => {
    scene = await openRealScene();
    mine = createApiServer(scene.options);
    const { replicas: _, ...options } = scene.options;
    target = createKubernetesTarget({ ...options, autoscale: { min: 1, max: 3, cpu: 70 } });
  });
  after(() => scene.close());

  const grant = async (granted: readonly Rule[]): Promise<void> => {
    const path = `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}/roles/slipway`;
    const contentType = 'application/merge-patch+json';
    const { status } = await scene.ask({ method: 'PATCH', path, contentType, body: { rules: granted } });
    assert.equal(status, 200);
  };
  const may = async ({ apiGroups: [group], resources: [name] }: Rule, verb: string): Promise<boolean> => {
    const [resource, subresource] = name.split('/');
    const answer = await mine({
      ...{ method: 'POST', path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews' },
      body: { spec: { resourceAttributes: { namespace: NAMESPACE, verb, group, resource, subresource } } },
    });
    return (answer.body as { readonly status: { readonly allowed: boolean } }).status.allowed;
  };

  /** A version comes up, another one takes its place, and the traffic is measured. */
  const replace = async (model: string): Promise<void> => {
    const { first, second } = scene.artifacts;
    for (const [seq, digest] of [first, second].entries()) {
      await target.apply(command(model, 1, seq, version(digest, 100)));
      const deadline = Date.now() + 30_000;
      while ((await target.observe(model, 'production'))?.versions[0]?.ready !== true)
        assert.ok(Date.now() < deadline, 'it becomes ready');
    }
    await target.measure(model, 'production');
  };

  it('are enough', () => replace('granted'));

  for (const [at, rule] of rules.entries())
    for (const verb of rule.verbs)
      it(`need ${verb} of ${rule.resources[0]}`, async () => {
        const kept = rule.verbs.filter((one) => one !== verb);
        const less = rules.flatMap((one, index) =>
          index === at ? (kept.length > 0 ? [{ ...one, verbs: kept }] : []) : [one],
        );
        await grant(less);
        try {
          await eventually(async () => assert.equal(await may(rule, verb), false), 10_000);
          await assert.rejects(
            replace(`no-${verb}-${rule.resources[0].replace('/', '-')}`),
            (error) =>
              error instanceof SlipwayError && error.code === 'target_refused' && /is forbidden/.test(error.message),
          );
        } finally {
          await grant(rules);
          await eventually(async () => assert.equal(await may(rule, verb), true), 10_000);
        }
      });
});
