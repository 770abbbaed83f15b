/**
 * Do the clients and the models that people have work unchanged, with their defaults? On request: it installs tritonclient,
 * KServe and scikit-learn from PyPI. What they send is kept by test/serving/datatypes.test.ts and test/serving/protocol.test.ts in every run.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { DATATYPES } from '../../src/domain/inference/tensors.js';
import { removeZipMap } from '../../src/domain/artifact/removeZipMap.js';
import { EVERY_DATATYPE, makeArtifact, SIGNATURE } from '../fixtures/artifact.js';
import { infer } from '../fixtures/inferRequests.js';
import { everyDatatype } from '../fixtures/onnx/graphs.js';
import { startStandalone, type Standalone } from '../serving/standalone.js';

const run = promisify(execFile);
const artifact = makeArtifact(everyDatatype(), { smoke: null, signature: EVERY_DATATYPE });
const VERSION = artifact.artifactDigest.slice('sha256:'.length);
const ALL = DATATYPES.map((datatype) => datatype.toLowerCase());
const allSame = (...names: readonly string[]) =>
  Object.fromEntries((names.length === 0 ? ALL : names).map((name) => [name, true]));

type Install = (name: string, packages: readonly string[]) => (program: string) => string;

/** A Python environment of its own per tool, made once. */
const installer = async (): Promise<Install> => {
  const peers = (await import(new URL('../../../bench/peers.mjs', import.meta.url).href)) as { installPeer: Install };
  return peers.installPeer;
};

interface Refusal {
  readonly type: string | null;
  readonly status?: string;
  readonly message?: string;
}

describe('clients of the Open Inference Protocol', () => {
  let alone: Standalone;
  let python: (client: string, packages: readonly string[], ...words: readonly string[]) => Promise<Told>;
  type Told = Readonly<Record<string, unknown>> & { readonly refused: Readonly<Record<string, Refusal>> };
  before(async () => {
    const installPeer = await installer();
    python = async (client, packages, ...words) => {
      const program = installPeer(client, packages)('python');
      return JSON.parse((await run(program, [`test/clients/ask_${client}.py`, ...words])).stdout) as Told;
    };
    alone = await startStandalone(artifact);
    await alone.server.ready;
  });
  after(() => alone.stop());

  it('tritonclient: health, metadata, every datatype, binary and JSON, versions, many at once, and its own errors', async () => {
    const told = await python('tritonclient', ['tritonclient[http]==2.73.0'], new URL(alone.url).host, 'late', VERSION);
    const { refused, metadata, compressed, ...rest } = told;
    assert.deepEqual(rest, {
      live: true,
      ready: true,
      modelReady: [true, true],
      otherReady: [false, false],
      extensions: ['binary_tensor_data'],
      binary: allSame(),
      answer: { model_name: 'late', model_version: VERSION, id: 'mine' },
      json: allSame(),
      pairs: [
        [0.1, 0.1],
        [-1e300, -1e300],
      ],
      onlyWanted: ['pairs'],
      async: [true, true, true, true],
    });
    assert.deepEqual(
      (metadata as { inputs: readonly { datatype: string }[] }).inputs.map(({ datatype }) => datatype),
      DATATYPES,
    );
    const expected: Readonly<Record<string, readonly [string, RegExp]>> = {
      model: ['404', /^there is no model other$/],
      version: ['404', /^the model late has no version 7$/],
      type: ['400', /^fp32: datatype is not FP32; expected inputs: bool BOOL \[-1, 1\]/],
      shape: ['400', /^int8: shape is not \[-1, 1\]; expected inputs/],
      infinite: ['400', /^fp32: row 0 is infinite; expected inputs/],
    };
    for (const [name, refusal] of [...Object.entries(refused), ['compressed', compressed as Refusal] as const]) {
      const [status, message] = expected[name] ?? ['400', /^compressed requests are not taken$/];
      assert.deepEqual([refusal.type, refusal.status], ['InferenceServerException', status], name);
      assert.match(refusal.message ?? '', message);
    }
  });

  it("KServe's inference client: health, every datatype, binary and JSON in and out, and its own errors", async () => {
    const { refused, ...rest } = await python('kserve', ['kserve==0.21.0'], alone.url, 'late');
    const noHalves = ALL.filter((name) => name !== 'fp16');
    assert.deepEqual(rest, {
      live: true,
      ready: true,
      modelReady: true,
      otherReady: false,
      // The client does not read the version out of an answer.
      answer: ['late', null, 'mine'],
      binaryIn: allSame(...noHalves),
      jsonIn: allSame(...noHalves),
      binaryOut: allSame(),
    });
    const expected: Readonly<Record<string, RegExp>> = {
      model: /^there is no model other, '404 Not Found'/,
      type: /^fp32: datatype is not FP32; expected inputs: .*'400 Bad Request'/,
      shape: /^int8: shape is not \[-1, 1\]; expected inputs: .*'400 Bad Request'/,
    };
    for (const [name, { type, message }] of Object.entries(refused)) {
      assert.equal(type, 'HTTPStatusError', name);
      assert.match(message ?? '', expected[name]!);
    }
  });

  it('curl: JSON as its defaults send it, a file with binary data as it is, and an error that --fail-with-body ends with', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-curl-'));
    try {
      const url = `${alone.url}/v2/models/late/versions/${VERSION}/infer`;
      const values = (name: string) => (name === 'bytes' ? ['a'] : [1]);
      const json = JSON.stringify({
        inputs: DATATYPES.map((datatype, at) => ({
          name: ALL[at],
          datatype,
          shape: [1, 1],
          data: values(ALL[at]!),
        })),
        outputs: [{ name: 'same_fp64' }],
      });
      const told = await run('curl', ['-s', url, '-d', json]);
      assert.deepEqual((JSON.parse(told.stdout) as { outputs: unknown }).outputs, [
        { name: 'same_fp64', datatype: 'FP64', shape: [1, 1], data: [1] },
      ]);
      const head = json.replace(
        /("name":"fp64","datatype":"FP64","shape":\[1,1\]),"data":\[1\]/,
        '$1,"parameters":{"binary_data_size":8}',
      );
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE(-0.5);
      const file = join(folder, 'request.bin');
      writeFileSync(file, Buffer.concat([Buffer.from(head), bytes]));
      const binary = await run('curl', [
        '-s',
        url,
        '-H',
        'content-type: application/octet-stream',
        '-H',
        `inference-header-content-length: ${Buffer.byteLength(head)}`,
        '--data-binary',
        `@${file}`,
      ]);
      assert.deepEqual(
        (JSON.parse(binary.stdout) as { outputs: readonly { data: unknown }[] }).outputs[0]!.data,
        [-0.5],
      );
      await assert.rejects(
        run('curl', ['-s', '--fail-with-body', url, '-H', 'content-type: application/json', '-d', '{}']),
        (error: { code?: unknown; stdout?: string }) => {
          assert.equal(error.code, 22);
          assert.match(JSON.parse(error.stdout ?? '{}').error as string, /^inputs is no array; expected inputs/);
          return true;
        },
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("models of scikit-learn's converter", () => {
  it('are served as they come, and say what scikit-learn says', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-sklearn-'));
    try {
      const peers = await installer();
      const program = peers('sklearn', ['skl2onnx==1.20.0', 'scikit-learn==1.9.1'])('python');
      const { stdout } = await run(program, ['test/clients/convert_sklearn.py', folder]);
      const { rows, probabilities } = JSON.parse(stdout) as {
        readonly rows: readonly (readonly number[])[];
        readonly probabilities: Readonly<Record<string, readonly number[]>>;
      };
      assert.equal(Object.keys(probabilities).length, 4);
      for (const [name, expected] of Object.entries(probabilities)) {
        const { file, outputs } = removeZipMap(readFileSync(join(folder, `${name}.onnx`)));
        assert.deepEqual(outputs, ['output_probability'], name);
        const features = ['a', 'b', 'c'].map((feature) => ({ name: feature, type: 'number', log: 'value' }) as const);
        const signature = { ...SIGNATURE, features, prediction: 'output_probability' };
        const alone = await startStandalone(makeArtifact(file, { smoke: null, signature }));
        try {
          await alone.server.ready;
          const { status, body } = await infer(
            alone.url,
            JSON.stringify({
              inputs: [{ name: 'X', datatype: 'FP32', shape: [rows.length, 3], data: rows }],
              outputs: [{ name: 'output_probability' }],
            }),
          );
          assert.equal(status, 200, body.error);
          const { data } = body.outputs![0]!;
          for (const [row, value] of expected.entries())
            assert.ok(Math.abs(data[2 * row + 1]! - value) < 1e-5, `${name}, row ${row}`);
        } finally {
          await alone.stop();
        }
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
