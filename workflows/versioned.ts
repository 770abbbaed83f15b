/**
 * What a worker inside a Worker Deployment runs: the same workflows, and which of them stay with the build that began
 * them. A bundle of its own, because a server refuses every task that names a behaviour outside a deployment (decision 48).
 */
import { setWorkflowOptions } from '@temporalio/workflow';
import { rollout } from './rollout.js';

export * from './index.js';

/** Half a passage by the old code and half by the new one is nothing that was ever tried. All others outlive their build. */
setWorkflowOptions({ versioningBehavior: 'PINNED' }, rollout);
