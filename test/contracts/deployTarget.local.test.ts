import { openServingArtifacts } from '../fixtures/servingArtifacts.js';
import { startTestNode } from '../fixtures/servingNode.js';
import { describeDeployTarget } from './deployTarget.js';

describeDeployTarget('serving node of this machine', async () => {
  const node = await startTestNode();
  return { ...(await openServingArtifacts(node)), target: node.target };
});
