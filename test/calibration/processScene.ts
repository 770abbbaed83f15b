/**
 * Rollouts through real processes: Temporal's development server, a serving node with its router and a model server for each
 * version, callers that do not wait, and the activities themselves. In memory is only the ledger.
 */
import { readFileSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createAnalyseStep } from '../../activities/analyseStep.js';
import { createDeployVersion } from '../../activities/deployVersion.js';
import { withFailures } from '../../activities/errors.js';
import { createMeasureChampion } from '../../activities/measureChampion.js';
import { createShiftTraffic } from '../../activities/shiftTraffic.js';
import { createWatchStep } from '../../activities/watchStep.js';
import type { Ports } from '../../activities/ports.js';
import { attestationKey } from '../../src/domain/artifact/attestationKeys.js';
import { newEnvironment } from '../../src/domain/environment/newEnvironment.js';
import type { RolloutOutcome } from '../../src/domain/rollout/types.js';
import type { SignatureSpec } from '../../src/domain/spec/types.js';
import { randomStream } from '../../src/domain/statistics/randomStream.js';
import { environmentId, QUEUES, rolloutId } from '../../workflows/messages.js';
import { testPorts } from '../fakes/ports.js';
import {
  makeArtifact,
  REFERENCE,
  SIGNATURE,
  storeArtifact,
  targetVersion,
  type TestArtifact,
} from '../fixtures/artifact.js';
import { installQuietRuntime } from '../fixtures/quietRuntime.js';
import { startTestNode } from '../fixtures/servingNode.js';
import { startLoad, type LoadResult } from '../fixtures/steadyLoad.js';
import { startTemporal } from '../servers/temporal.js';
import type { Canary } from './playRollout.js';

installQuietRuntime();

const MODEL = 'late';
const PLACE = { model: MODEL, environment: 'test' };
const RELEASE = { releaseId: 'release/late/1', commit: '0'.repeat(40) };
const signature: SignatureSpec = { ...SIGNATURE, features: [{ name: 'index', type: 'integer', log: 'value' }] };
/** What is drawn is what both were trained on. */
const reference = {
  ...REFERENCE,
  features: { index: { kind: 'numeric' as const, edges: [1, 3, 5, 7], counts: [100, 200, 200, 200, 300, 0] } },
};

export interface ProcessScene {
  /** A version of the model, in the store and attested; `variant` makes another artifact of the same one. */
  store(onnx: Uint8Array, variant: number): Promise<TestArtifact>;
  /** Serves all traffic, from before anything is rolled out. */
  serve(version: TestArtifact): Promise<void>;
  /** From the champion to the candidate, by the plan of both. */
  rollOut(candidate: TestArtifact, champion: TestArtifact): Promise<RolloutOutcome>;
  /** Stops the callers, and says what became of their requests. */
  stopLoad(): Promise<LoadResult>;
  end(): Promise<void>;
}

export const openProcessScene = async (plan: Canary): Promise<ProcessScene> => {
  const temporal = await startTemporal();
  const node = await startTestNode();
  const connection = await Connection.connect({ address: temporal.address });
  const native = await NativeConnection.connect({ address: temporal.address });
  const client = new Client({ connection }).workflow;
  const spec = {
    ...{ model: MODEL, signature },
    environments: [{ name: PLACE.environment, approval: { kind: 'none' }, rollout: plan, gates: [] }],
  };
  let epoch = 1;
  const ports: Ports = {
    ...testPorts({
      target: () => node.target,
      // Whoever moves traffic asks the arbiter which epochs it gave out.
      workflows: { query: async () => ({ epoch }) } as never,
      attestations: { verifyProvenance: async () => ({}) } as never,
    }),
    store: node.store,
  };
  const activities = {
    deployVersion: withFailures(createDeployVersion(ports)),
    shiftTraffic: withFailures(createShiftTraffic(ports)),
    analyseStep: withFailures(createAnalyseStep(ports)),
    watchStep: withFailures(createWatchStep(ports)),
    measureChampion: withFailures(createMeasureChampion(ports)),
  };
  const code = readFileSync(new URL('../../workflow-bundle.js', import.meta.url), 'utf8');
  const workers = await Promise.all(
    [QUEUES.control, QUEUES.serve].map((taskQueue) =>
      Worker.create({
        ...{ connection: native, taskQueue, activities },
        ...(taskQueue === QUEUES.control ? { workflowBundle: { code }, isolateExecutionTimeout: '1 minute' } : {}),
      }),
    ),
  );
  const running = workers.map((worker) => worker.run());
  const state = newEnvironment(MODEL, PLACE.environment, { epoch: 1_000 });
  await client.start('environment', {
    ...{ taskQueue: QUEUES.control, workflowId: environmentId(MODEL, PLACE.environment) },
    args: [{ ...PLACE, state }],
  });
  const draw = randomStream('callers');
  const body = (): string =>
    JSON.stringify({
      inputs: [{ name: 'index', shape: [1, 1], datatype: 'INT64', data: [Math.floor(10 * draw())] }],
    });
  let load: ReturnType<typeof startLoad> | undefined;
  const stopLoad = async (): Promise<LoadResult> => {
    const result = await load?.stop();
    load = undefined;
    return result ?? { answered: 0, failures: [], byVersion: {} };
  };
  return {
    stopLoad,
    store: async (onnx, variant) => {
      const artifact = await storeArtifact(
        node.store,
        makeArtifact(onnx, { signature, reference, smoke: null, spec: { ...spec, seed: variant } }),
      );
      const key = attestationKey(MODEL, artifact.artifactDigest, RELEASE.releaseId, 'provenance');
      await node.store.putDocument(key, new TextEncoder().encode('{}'));
      return artifact;
    },
    serve: async (version) => {
      await node.target.apply({ ...PLACE, fence: { epoch: 1, seq: 1 }, versions: [targetVersion(version, 100)] });
      for (;;) {
        const observed = await node.target.observe(MODEL, PLACE.environment);
        if (observed?.versions[0]?.ready === true) break;
        await new Promise((next) => setTimeout(next, 50));
      }
      load = startLoad(`${node.url()}/v2/models/${MODEL}/infer`, body, 4);
    },
    rollOut: async (candidate, champion) => {
      epoch += 1;
      const of = ({ artifactDigest }: TestArtifact) => ({ artifactDigest, ...RELEASE });
      const input = {
        ...{ ...PLACE, epoch, requestId: `r${epoch}`, seq: 1, plan },
        ...{ candidate: of(candidate), champion: of(champion) },
      };
      const workflowId = rolloutId(MODEL, PLACE.environment, epoch);
      const handle = await client.start('rollout', { taskQueue: QUEUES.control, workflowId, args: [input] });
      return (await handle.result()) as RolloutOutcome;
    },
    end: async () => {
      await stopLoad();
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await native.close();
      await connection.close();
      await node.discard();
      await temporal.stop();
    },
  };
};
