/** The rights of deploy/kubernetes on a real API server: what each target needs is granted, and nothing else. */
import { createKubernetesTarget } from '../../src/adapters/kubernetes/deployTarget.js';
import { describeLeastRights } from '../fixtures/kubernetes/leastRightsSuite.js';
import { openRealKserve, openRealScene } from '../fixtures/kubernetes/realScene.js';

await describeLeastRights('deploy/kubernetes/rights.yaml', openRealScene, ({ options: { replicas: _, ...options } }) =>
  createKubernetesTarget({ ...options, autoscale: { min: 1, max: 3, cpu: 70 } }),
);
await describeLeastRights('deploy/kubernetes/kserve-rights.yaml', openRealKserve, ({ target }) => target);
