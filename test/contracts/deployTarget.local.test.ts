import { dirname, join } from 'node:path';
import { createLocalServing } from '../../src/adapters/local-serving/deployTarget.js';
import { loseAnswers } from '../fixtures/loseAnswers.js';
import { openServingArtifacts } from '../fixtures/servingArtifacts.js';
import { startTestNode } from '../fixtures/servingNode.js';
import { describeDeployTarget } from './deployTarget.js';

describeDeployTarget('serving node of this machine', async () => {
  const node = await startTestNode();
  const serving = await openServingArtifacts(node);
  const lossy = await loseAnswers(node.adminSocket, join(dirname(node.adminSocket), 'lossy.sock'));
  return {
    ...serving,
    target: node.target,
    losing: createLocalServing({ environment: 'test', adminSocket: lossy.socket }),
    unreachable: createLocalServing({ environment: 'test', adminSocket: join(node.directory, 'nobody.sock') }),
    close: async () => {
      await lossy.close();
      await serving.close();
    },
  };
});
