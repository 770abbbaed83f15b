import assert from 'node:assert/strict';
import { makeArtifact, storeArtifact, testModel } from '../fixtures/artifact.js';
import { infer, inferBody } from '../fixtures/inferRequests.js';
import { startTestNode } from '../fixtures/servingNode.js';
import { describeDeployTarget } from './deployTarget.js';

describeDeployTarget('serving node of this machine', async () => {
  const node = await startTestNode();
  const store = async (model: Uint8Array) => (await storeArtifact(node.store, makeArtifact(model))).artifactDigest;
  const artifacts = {
    first: await store(testModel(0.1)),
    second: await store(testModel(0.9)),
    broken: await store(new Uint8Array(Buffer.from('this is no model'))),
  };
  return {
    target: node.target,
    environment: 'test',
    artifacts,
    send: async (model, requests) => {
      for (let sent = 0; sent < requests; sent += 1) {
        const answer = await infer(node.url(), inferBody([{ hour: 7, distance: 100, origin: 'a' }]), {}, model);
        assert.equal(answer.status, 200);
      }
    },
    close: () => node.discard(),
  };
});
