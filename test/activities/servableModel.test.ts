/** What packaging makes of the models of scikit-learn's converters, with the real ONNX Runtime. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { packagedSignature, servableModel } from '../../activities/servableModel.js';
import { createOnnxInferenceRunner } from '../../src/adapters/onnx/inferenceRunner.js';
import { checkSignature } from '../../src/domain/artifact/checkSignature.js';
import { removeZipMap } from '../../src/domain/artifact/removeZipMap.js';
import { inferenceRequest } from '../../src/domain/inference/request.js';
import type { SignatureSpec } from '../../src/domain/spec/types.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { testPorts } from '../fakes/ports.js';
import { everyDatatype, matrix, testColumns, zipped } from '../fixtures/onnx/graphs.js';
import { EVERY_DATATYPE } from '../fixtures/artifact.js';

const folder = await mkdtemp(join(tmpdir(), 'slipway-servable-'));
after(() => rm(folder, { recursive: true }));
const inference = createOnnxInferenceRunner({ timeoutMs: 60_000 });
const SIGNATURE: SignatureSpec = {
  features: [
    { name: 'hour', type: 'number', log: 'value' },
    { name: 'distance', type: 'number', log: 'value' },
  ],
  prediction: 'output_probability',
  label: 'late',
  eventTime: 'at',
};
const WEIGHTS = [0.5, -0.25];
const COLUMNS = { hour: [1, 2, 3], distance: [4, 5, 6] };
const EXPECTED = COLUMNS.hour.map((hour, row) => 1 / (1 + Math.exp(-(0.5 * hour - 0.25 * COLUMNS.distance[row]!))));

const packaged = async (bytes: Uint8Array) => {
  const store = createMemoryBlobStore();
  const built = await store.putBlob(bytes);
  const path = join(folder, `${built.digest.slice(7)}.onnx`);
  await writeFile(path, bytes);
  return { store, built, path, ...(await servableModel({ ...testPorts({ inference }), store }, built, path)) };
};

const near = (found: readonly number[], expected: readonly number[]): void => {
  assert.equal(found.length, expected.length);
  for (const [row, value] of found.entries()) assert.ok(Math.abs(value - expected[row]!) < 1e-6, `row ${row}`);
};

describe('a model whose probabilities are maps', () => {
  it('is packaged with the tensor under the same name, and says in the lineage what it was', async () => {
    const { store, built, path, file, tensors, edited } = await packaged(zipped(WEIGHTS));
    assert.deepEqual(edited, { from: built.digest, zipMapRemoved: ['output_probability'] });
    assert.notEqual(file.digest, built.digest);
    assert.deepEqual(Buffer.from((await store.getBlob(file.digest))!), await readFile(path));
    assert.deepEqual(tensors.outputs, [
      { name: 'output_label', datatype: 'INT64', shape: [-1] },
      { name: 'output_probability', datatype: 'FP32', shape: [-1, 2] },
    ]);
    assert.deepEqual(checkSignature(SIGNATURE, tensors), []);
    near(await inference.predict(path, SIGNATURE.features, 'output_probability', COLUMNS), EXPECTED);
  });

  it('is edited the same way each time, and once', () => {
    const once = removeZipMap(zipped(WEIGHTS));
    assert.deepEqual(removeZipMap(zipped(WEIGHTS)).file, once.file);
    assert.deepEqual(removeZipMap(once.file), { file: once.file, outputs: [] });
  });
});

describe('a model with one input for all features', () => {
  it('is packaged as it is; the artifact says how it is asked', async () => {
    const { built, file, tensors, edited, path } = await packaged(matrix(WEIGHTS));
    assert.deepEqual([file.digest, edited], [built.digest, undefined]);
    const signature = packagedSignature({ ...SIGNATURE, prediction: 'probabilities' }, tensors.inputs);
    assert.deepEqual(signature.inputs, [{ name: 'X', datatype: 'FP32', shape: [-1, 2] }]);
    assert.deepEqual(inferenceRequest(signature, COLUMNS, 1, 3).inputs, [
      { name: 'X', datatype: 'FP32', shape: [2, 2], data: [2, 5, 3, 6] },
    ]);
    near(await inference.predict(path, SIGNATURE.features, 'probabilities', COLUMNS), EXPECTED);
  });

  it('is refused where columns and features differ in number', async () => {
    const { tensors } = await packaged(matrix([1, 2, 3]));
    assert.match(checkSignature({ ...SIGNATURE, prediction: 'probabilities' }, tensors).join(), /\[rows, 2\]/);
  });
});

describe('a model with other types than the usual', () => {
  it('predicts for gates from the same columns, and the artifact says which types it takes', async () => {
    const { tensors, path } = await packaged(everyDatatype());
    assert.deepEqual(checkSignature(EVERY_DATATYPE, tensors), []);
    assert.equal(packagedSignature(EVERY_DATATYPE, tensors.inputs).inputs?.length, 13);
    near(
      await inference.predict(path, EVERY_DATATYPE.features, 'probability', testColumns([0.5, -1])),
      [0.5, -1].map((value) => 1 / (1 + Math.exp(-value))),
    );
    near(await inference.predict(path, EVERY_DATATYPE.features, 'same_fp16', testColumns([0.5, -1])), [0.5, -1]);
  });
});
