import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toOnnx } from '../../lib/onnx.mjs';

const encoder = {
  values: new Map([
    ['ATL', 0.25],
    ['ORD', 0.5],
  ]),
  fallback: 0.2,
};
const model = {
  base: -1,
  trees: [[{ feature: 2, threshold: 12, left: 1, right: 2 }, { value: -0.5 }, { value: 0.5 }]],
};

describe('ONNX export', () => {
  it('names its inputs and its output, and is the same every time', () => {
    const bytes = toOnnx(model, { origin: encoder, destination: encoder });
    const text = Buffer.from(bytes).toString('latin1');
    for (const name of [
      'origin',
      'destination',
      'hour',
      'weekday',
      'distance',
      'probability',
      'TreeEnsembleRegressor',
    ]) {
      assert.ok(text.includes(name), name);
    }
    assert.deepEqual(bytes, toOnnx(model, { origin: encoder, destination: encoder }));
  });
});
