/**
 * Do the clients that people have work unchanged over gRPC, with their defaults? On request: it installs tritonclient and KServe
 * from PyPI. What they send is kept by test/serving/grpc.test.ts in every run.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { DATATYPES } from '../../src/domain/inference/tensors.js';
import { EVERY_DATATYPE, makeArtifact, predicted, storeArtifact, type TestArtifact } from '../fixtures/artifact.js';
import { eventually } from '../fixtures/eventually.js';
import { everyDatatype } from '../fixtures/onnx/graphs.js';
import { openScene, targetVersion, type Scene } from '../serving/scene.js';

const run = promisify(execFile);
const allSame = Object.fromEntries(DATATYPES.map((datatype) => [datatype.toLowerCase(), true]));

interface Refusal {
  readonly type: string | null;
  readonly code?: string;
  readonly status?: string;
  readonly message?: string;
}
type Told = Readonly<Record<string, unknown>> & { readonly refused: Readonly<Record<string, Refusal>> };

/** Each client in a Python environment of its own, made once. */
const python = async (name: string, packages: readonly string[], ...words: readonly string[]): Promise<Told> => {
  const peers = (await import(new URL('../../../bench/peers.mjs', import.meta.url).href)) as {
    installPeer: (name: string, packages: readonly string[]) => (program: string) => string;
  };
  const program = peers.installPeer(name, packages)('python');
  return JSON.parse((await run(program, words)).stdout) as Told;
};

describe('clients of the Open Inference Protocol over gRPC', () => {
  let scene: Scene;
  let types: TestArtifact;
  before(async () => {
    scene = await openScene();
    types = await storeArtifact(
      scene.node.store,
      makeArtifact(everyDatatype(), { smoke: null, signature: EVERY_DATATYPE }),
    );
    const versions = [targetVersion(types, 100)];
    await scene.node.target.apply({ model: 'types', environment: 'test', fence: { epoch: 1, seq: 1 }, versions });
    await scene.apply(targetVersion(scene.first, 100), targetVersion(scene.second, 0, 'candidate'));
    await scene.ready(scene.first.artifactDigest, scene.second.artifactDigest);
    await eventually(
      async () => assert.equal((await fetch(`${scene.node.url()}/v2/models/types/ready`)).status, 200),
      30_000,
    );
  });
  after(() => scene.node.discard());
  const version = (artifact: TestArtifact): string => artifact.artifactDigest.slice('sha256:'.length);

  it('tritonclient: health, metadata, every datatype, versions, many at once, and its own errors, while the router switches', async () => {
    const { first, second } = scene;
    let told: Told | undefined;
    const words = [scene.node.grpcAddress(), 'types', version(types), '3'];
    const asked = python(
      'tritonclient-grpc',
      ['tritonclient[grpc]==2.73.0'],
      'test/clients/ask_tritonclient_grpc.py',
      ...words,
    ).then((answer) => (told = answer));
    let switches = 0;
    for (; told === undefined; switches += 1) {
      const weight = switches % 2 === 0 ? 30 : 70;
      await scene.apply(targetVersion(first, 100 - weight), targetVersion(second, weight, 'candidate'));
      await Promise.race([asked, new Promise(setImmediate)]);
    }
    const { refused, load, ...rest } = await asked;
    assert.ok(switches > 20, `${switches} switches`);
    assert.deepEqual(Object.keys(load as object).sort(), [version(first), version(second)].sort());
    assert.deepEqual(rest, {
      live: true,
      ready: true,
      modelReady: [true, true],
      extensions: ['binary_tensor_data'],
      inputs: [...DATATYPES],
      raw: allSame,
      answer: ['types', version(types), 'mine'],
      pairs: [
        [0.1, 0.1],
        [-1e300, -1e300],
      ],
      onlyWanted: ['pairs'],
      gzip: allSame,
      asked: version(second),
      async: 8,
    });
    const expected: Readonly<Record<string, readonly [string, RegExp]>> = {
      model: ['StatusCode.NOT_FOUND', /^there is no model other$/],
      version: ['StatusCode.NOT_FOUND', /^the model types has no such version$/],
      type: ['StatusCode.INVALID_ARGUMENT', /^fp32: datatype is not FP32; expected inputs: bool BOOL \[-1, 1\]/],
      shape: ['StatusCode.INVALID_ARGUMENT', /^int8: shape is not \[-1, 1\]; expected inputs/],
      infinite: ['StatusCode.INVALID_ARGUMENT', /^fp32: row 0 is infinite; expected inputs/],
      large: ['StatusCode.RESOURCE_EXHAUSTED', /larger than/],
    };
    for (const [name, refusal] of Object.entries(refused)) {
      const [status, message] = expected[name]!;
      assert.deepEqual([refusal.type, refusal.status], ['InferenceServerException', status], name);
      assert.match(refusal.message ?? '', message);
    }
  });

  it("KServe's inference client: health, every datatype raw, lists as typed values, and its own errors", async () => {
    const words = ['test/clients/ask_kserve_grpc.py', scene.node.grpcAddress(), 'types'];
    await scene.apply(targetVersion(scene.first, 100));
    const { refused, typed, ...rest } = await python('kserve', ['kserve==0.21.0'], ...words);
    assert.deepEqual(rest, {
      live: true,
      ready: true,
      modelReady: true,
      answer: ['types', version(types), 'mine'],
      raw: allSame,
    });
    const expected = [predicted(0.1, 7.3, 100, 0), predicted(0.1, 8.5, 200, 1)];
    for (const [row, value] of (typed as readonly number[]).entries())
      assert.ok(Math.abs(value - expected[row]!) < 1e-6, `${value}`);
    const refusals: Readonly<Record<string, readonly [string, RegExp]>> = {
      model: ['NOT_FOUND', /^there is no model other$/],
      ready: ['NOT_FOUND', /^there is no model other$/],
      type: ['INVALID_ARGUMENT', /^fp32: datatype is not FP32; expected inputs/],
      shape: ['INVALID_ARGUMENT', /^int8: shape is not \[-1, 1\]; expected inputs/],
    };
    for (const [name, { type, code, message }] of Object.entries(refused)) {
      assert.deepEqual([type, code], ['RpcError', refusals[name]![0]], name);
      assert.match(message ?? '', refusals[name]![1]);
    }
  });
});
