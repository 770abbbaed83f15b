import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { createOnnxInferenceRunner } from '../../src/adapters/onnx/inferenceRunner.js';
import { inspectModel } from '../../src/domain/artifact/inspectModel.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { FeatureSpec } from '../../src/domain/spec/types.js';
import { bytesField, externalWeight, greedy, readsFile, wideTag } from '../fixtures/hostileModels.js';
import { logistic, slow } from '../fixtures/onnx/graphs.js';
import { model as onnx, node, value } from '../fixtures/onnx/proto.js';

const features: readonly FeatureSpec[] = [
  { name: 'distance', type: 'number', log: 'value' },
  { name: 'hour', type: 'integer', log: 'value' },
  { name: 'origin', type: 'string', log: 'value' },
];
const weights = [0.25, -0.5, 0.75];
const graph = logistic({ features, weights, bias: 0.1, categories: ['a', 'b', 'c'] });
const runner = createOnnxInferenceRunner({ timeoutMs: 60_000 });
let directory: string;
let model: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-onnx-'));
  model = join(directory, 'model.onnx');
  await writeFile(model, graph);
});
after(() => rm(directory, { recursive: true, force: true }));

const invalid = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SlipwayError, String(error));
  assert.equal(error.code, 'model_invalid');
  assert.match(error.message, pattern);
  return true;
};

describe('models in a process apart', () => {
  it('are described', async () => {
    assert.deepEqual(await runner.describe(model), {
      inputs: [
        { name: 'distance', datatype: 'FP32', shape: [-1, 1] },
        { name: 'hour', datatype: 'INT64', shape: [-1, 1] },
        { name: 'origin', datatype: 'BYTES', shape: [-1, 1] },
      ],
      outputs: [{ name: 'probability', datatype: 'FP32', shape: [-1, 1] }],
    });
  });

  it('predict as the formula says, missing values included, over many runs of the session', async () => {
    const rows = 20_001;
    const columns = {
      distance: Array.from({ length: rows }, (_, row) => (row % 7 === 0 ? null : row / rows)),
      hour: Array.from({ length: rows }, (_, row) => row % 24),
      origin: Array.from({ length: rows }, (_, row) => ['a', 'b', 'c', 'unseen'][row % 4]!),
    };
    const predicted = await runner.predict(model, features, 'probability', columns);
    assert.equal(predicted.length, rows);
    for (let row = 0; row < rows; row += 1) {
      const position = row % 4 === 3 ? -1 : row % 4;
      const margin = 0.1 + 0.25 * (columns.distance[row] ?? 0) - 0.5 * columns.hour[row]! + 0.75 * position;
      assert.ok(Math.abs(predicted[row]! - 1 / (1 + Math.exp(-margin))) < 1e-6, `row ${row}`);
    }
  });

  it('predict nothing for no rows', async () => {
    assert.deepEqual(await runner.predict(model, features, 'probability', { distance: [], hour: [], origin: [] }), []);
  });
});

describe('files that are no model', () => {
  const files: Readonly<Record<string, readonly [Buffer, RegExp]>> = {
    pickle: [Buffer.from([0x80, 4, 0x95, 0, 0, 0]), /pickle/],
    'zip (PyTorch, Keras)': [Buffer.from('PK\u0003\u0004rest'), /zip/],
    HDF5: [Buffer.from('\u0089HDF\r\n\u001a\n', 'latin1'), /HDF5/],
    gzip: [Buffer.from([0x1f, 0x8b, 8, 0]), /gzip/],
    text: [Buffer.from('not a model at all\n'), /text/],
    nothing: [Buffer.alloc(0), /empty/],
    program: [Buffer.from('\u007fELF\u0002', 'latin1'), /program/],
    noise: [Buffer.from([255, 254, 253, 1, 2, 3, 4, 5]), /cannot be used/],
    'half a model': [Buffer.from(graph.subarray(0, graph.length >> 1)), /damaged/],
  };
  for (const [name, [bytes, pattern]] of Object.entries(files)) {
    it(`are refused by name: ${name}`, async () => {
      const path = join(directory, 'named-model.onnx');
      await writeFile(path, bytes);
      await assert.rejects(runner.describe(path), invalid(pattern));
    });
  }

  it('are refused when they keep weights in other files', async () => {
    const path = join(directory, 'external.onnx');
    await writeFile(path, Buffer.concat([graph, externalWeight('../../etc/passwd')]));
    await assert.rejects(runner.describe(path), invalid(/other files/));
  });

  it('S20: are refused when they hide the name of another file from a reader that takes tags for wider than 32 bits', async () => {
    const path = join(directory, 'hidden.onnx');
    // Below the folder of this process, as the keys of an installation are below that of its worker.
    const nearby = await mkdtemp(join(process.cwd(), 'slipway-secret-'));
    await writeFile(join(nearby, 'key'), 'secret');
    await writeFile(path, readsFile(relative(process.cwd(), join(nearby, 'key')), 6, wideTag));
    try {
      await assert.rejects(
        runner.predict(path, [{ name: 'hour', type: 'number', log: 'value' }], 'probability', { hour: [0, 1, 2] }),
        invalid(/no field is written like that/),
      );
    } finally {
      await rm(nearby, { recursive: true });
    }
  });

  it('are refused in the format of ONNX Runtime, even inside sound ONNX', async () => {
    const path = join(directory, 'ort.onnx');
    await writeFile(path, Buffer.concat([bytesField(1_000, 'xORTM'), graph]));
    await assert.rejects(runner.describe(path), invalid(/format of ONNX Runtime/));
  });

  it('never make the reader throw, whatever their bytes', async () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(graph.length), (noise, at) => {
        inspectModel(noise);
        const damaged = Uint8Array.from(graph);
        damaged.set(noise.subarray(0, Math.max(0, damaged.length - at)), at);
        inspectModel(damaged);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('models that say too much', () => {
  const path = (): string => join(directory, 'wordy.onnx');
  const says = (names: readonly string[]): Uint8Array =>
    onnx({
      input: [value('hour', 'FP32', [-1, 1])],
      output: names.map((name) => value(name, 'FP32', [-1, 1])),
      node: names.map((name) => node('Identity', ['hour'], [name])),
    });

  it('are described by the beginning of their names', async () => {
    await writeFile(path(), says(['n'.repeat(5_000_000)]));
    const [output] = (await runner.describe(path())).outputs;
    assert.match(output!.name, /^n{255}…$/);
  });

  it('are refused with the beginning of the reason', async () => {
    await writeFile(path(), says(['same'.repeat(1_000_000), 'same'.repeat(1_000_000)]));
    await assert.rejects(runner.describe(path()), (error: Error) => error.message.length < 3_000);
  });

  it('are refused where they have a thousand outputs', async () => {
    await writeFile(path(), says(Array.from({ length: 1_024 }, (_, at) => `output ${at}`)));
    await assert.rejects(runner.describe(path()), invalid(/it has 1025 inputs and outputs/));
  });
});

describe('models that want too much', () => {
  it('end with their own process', async () => {
    const path = join(directory, 'greedy.onnx');
    await writeFile(path, greedy(6 * 1024 ** 3));
    const small = createOnnxInferenceRunner({ memoryMiB: 1024, timeoutMs: 60_000 });
    const column = { hour: [1] };
    await assert.rejects(
      small.predict(path, [{ name: 'hour', type: 'number', log: 'value' }], 'probability', column),
      invalid(/./),
    );
    assert.equal(
      (await small.predict(model, features, 'probability', { distance: [0], hour: [1], origin: ['a'] })).length,
      1,
    );
  });

  it('end when they take too long', async () => {
    const path = join(directory, 'slow.onnx');
    await writeFile(path, slow(20_000));
    const hasty = createOnnxInferenceRunner({ timeoutMs: 1_500 });
    await assert.rejects(
      hasty.predict(path, [{ name: 'hour', type: 'number', log: 'value' }], 'probability', { hour: [1] }),
      invalid(/SIGKILL/),
    );
  });
});
