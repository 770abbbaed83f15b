import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { createLocalServing } from '../../src/adapters/local-serving/deployTarget.js';
import { servingLimitsSchema } from '../../src/contract/servingLimits.js';
import type { TargetState, TargetVersion } from '../../src/domain/rollout/types.js';
import type { DeployTarget } from '../../src/ports/deployTarget.js';
import { startServingNode, type ServingNode } from '../../src/serving-node/start.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { makeArtifact, storeArtifact, testModel, type TestArtifact } from '../fixtures/artifact.js';
import { MODEL } from './scene.js';

export type Mood = 'answers' | 'fails' | 'hangs' | 'breaks' | 'sick' | 'lies' | 'grows' | 'jumps';

/** A serving node whose model servers do as they are told (test/fixtures/oddModelServer.ts). */
export interface OddScene {
  readonly node: ServingNode;
  readonly target: DeployTarget;
  readonly url: string;
  readonly first: TestArtifact;
  readonly second: TestArtifact;
  apply(...versions: TargetVersion[]): Promise<TargetState>;
  tell(artifact: TestArtifact, mood: Mood): void;
  metrics(): Promise<string>;
  close(): Promise<void>;
}

export const openOddScene = async (limits: Readonly<Record<string, number>> = {}): Promise<OddScene> => {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-odd-'));
  const store = createMemoryBlobStore();
  const [first, second] = [makeArtifact(testModel(0.1)), makeArtifact(testModel(0.9))];
  await storeArtifact(store, first);
  await storeArtifact(store, second);
  const adminSocket = join(directory, 'admin.sock');
  const node = await startServingNode(
    {
      ...{ environment: 'test', host: '127.0.0.1', port: 0, hosts: [], directory, adminSocket },
      limits: servingLimitsSchema.parse(limits),
      modelServer: {
        entry: fileURLToPath(new URL('../fixtures/oddModelServer.js', import.meta.url)),
        variables: ({ artifactDirectory, socket }) => ({
          SLIPWAY_ARTIFACT: artifactDirectory,
          SLIPWAY_MODEL_SOCKET: socket,
          SLIPWAY_ODD: directory,
        }),
      },
    },
    store,
    pino({ level: process.env['SERVING_LOG'] ?? 'silent' }),
  );
  const target = createLocalServing({ environment: 'test', adminSocket });
  let seq = 0;
  return {
    node,
    target,
    first,
    second,
    url: `${node.inferenceUrl}/v2/models/${MODEL}/infer`,
    apply: (...versions) =>
      target.apply({ model: MODEL, environment: 'test', fence: { epoch: 1, seq: (seq += 1) }, versions }),
    tell: ({ artifactDigest }, mood) => writeFileSync(join(directory, `odd-${artifactDigest.slice(7, 15)}`), mood),
    metrics: async () => (await fetch(`${node.inferenceUrl}/metrics`)).text(),
    close: async () => {
      await node.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
};
