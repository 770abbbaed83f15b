import assert from 'node:assert/strict';
import type { Digest } from '../../src/domain/artifact/types.js';
import type { TargetCommand, TargetState, TargetVersion } from '../../src/domain/rollout/types.js';
import {
  makeArtifact,
  storeArtifact,
  targetVersion,
  testModel,
  type ArtifactOptions,
  type TestArtifact,
} from '../fixtures/artifact.js';
import { eventually } from '../fixtures/eventually.js';
import { inferBody } from '../fixtures/inferRequests.js';
import { childrenOf } from '../fixtures/processes.js';
import { startTestNode, type TestNode } from '../fixtures/servingNode.js';

export const MODEL = 'late';
export const ONE_ROW = inferBody([{ hour: 7.3, distance: 100, origin: 'a' }]);

/** A serving node with two versions in its store, and the words of the stories that are told about it. */
export interface Scene {
  readonly node: TestNode;
  readonly first: TestArtifact;
  readonly second: TestArtifact;
  store(model: Uint8Array, options?: ArtifactOptions): Promise<TestArtifact>;
  /** The next command of epoch 1. */
  apply(...versions: TargetVersion[]): Promise<TargetState>;
  command(...versions: TargetVersion[]): TargetCommand;
  ready(...digests: Digest[]): Promise<TargetState>;
  /** Process of the model server of a version. */
  serverOf(digest: Digest): Promise<number>;
}

export const openScene = async (limits: Readonly<Record<string, number>> = {}): Promise<Scene> => {
  const node = await startTestNode(limits);
  let seq = 0;
  const store = async (model: Uint8Array, options: ArtifactOptions = {}): Promise<TestArtifact> =>
    storeArtifact(node.store, makeArtifact(model, options));
  const command = (...versions: TargetVersion[]): TargetCommand => ({
    model: MODEL,
    environment: 'test',
    fence: { epoch: 1, seq: (seq += 1) },
    versions,
  });
  return {
    node,
    first: await store(testModel(0.1)),
    second: await store(testModel(0.9)),
    store,
    command,
    apply: (...versions) => node.target.apply(command(...versions)),
    ready: async (...digests) => {
      let state: TargetState | undefined;
      await eventually(async () => {
        state = await node.target.observe(MODEL, 'test');
        for (const digest of digests)
          assert.equal(
            state?.versions.find((one) => one.artifactDigest === digest)?.ready,
            true,
            JSON.stringify(state),
          );
      }, 30_000);
      return state!;
    },
    serverOf: async (digest) => {
      const servers = await childrenOf(node.pid());
      const found = servers.find((server) =>
        server.variables['SLIPWAY_ARTIFACT']?.endsWith(digest.slice('sha256:'.length)),
      );
      assert.ok(found, `no process serves ${digest}`);
      return found.pid;
    },
  };
};

export { targetVersion };
