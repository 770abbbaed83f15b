import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { planFeatureChecks } from '../../../src/domain/inference/checkFeatures.js';
import { readRequest, type ModelTensors, type ReadRequest } from '../../../src/domain/inference/readRequest.js';
import { DATATYPES } from '../../../src/domain/inference/tensors.js';

const MODEL: ModelTensors = {
  inputs: [
    { name: 'hour', datatype: 'FP32', shape: [-1, 1] },
    { name: 'count', datatype: 'INT64', shape: [-1, 1] },
    { name: 'origin', datatype: 'BYTES', shape: [-1, 1] },
  ],
  outputs: [{ name: 'probability', datatype: 'FP32', shape: [-1, 1] }],
};
const CHECKS = planFeatureChecks([{ name: 'hour', type: 'number', log: 'value' }], MODEL.inputs);
const NOTHING = new Uint8Array(0);
const hour = { name: 'hour', datatype: 'FP32', shape: [2, 1], data: [7.5, null] };
const count = { name: 'count', datatype: 'INT64', shape: [2, 1], data: [[3], [null]] };
const origin = { name: 'origin', datatype: 'BYTES', shape: [2, 1], data: ['a', null] };
const read = (body: unknown, binary: Uint8Array = NOTHING): ReadRequest =>
  readRequest(body, binary, MODEL, 100, CHECKS);

const accepted = (body: unknown, binary?: Uint8Array) => {
  const result = read(body, binary);
  assert.equal(result.kind, 'request', result.kind === 'request' ? '' : result.reason);
  return (result as Extract<ReadRequest, { kind: 'request' }>).request;
};

describe('readRequest', () => {
  it('takes tensors in any order, flat or nested, with missing values', () => {
    const request = accepted({ id: 'mine', parameters: { event_time: 1000 }, inputs: [origin, hour, count] });
    assert.deepEqual(
      request.inputs.map((input) => input.name),
      ['hour', 'count', 'origin'],
    );
    assert.deepEqual(request.inputs[0]!.data, Float32Array.of(7.5, Number.NaN));
    assert.deepEqual([request.inputs[1]!.data, request.inputs[1]!.missing], [BigInt64Array.of(3n, 0n), [1]]);
    assert.deepEqual(request.inputs[2]!.data, ['a', '']);
    assert.deepEqual([request.id, request.rows, request.eventTime], ['mine', 2, 1000]);
    assert.deepEqual(request.outputs, [{ name: 'probability', binary: false }]);
  });

  it('takes binary tensors in the order of the inputs, beside JSON ones', () => {
    const bytes = new Uint8Array(2 * 8 + 2 * 4 + 1);
    const view = new DataView(bytes.buffer);
    view.setBigInt64(0, 5n, true);
    view.setBigInt64(8, -1n, true);
    view.setUint32(16, 1, true);
    bytes[20] = 'x'.charCodeAt(0);
    const request = accepted(
      {
        parameters: { binary_data_output: true },
        inputs: [
          { ...count, data: undefined, parameters: { binary_data_size: 16 } },
          { ...origin, data: undefined, parameters: { binary_data_size: 9 } },
          hour,
        ],
      },
      bytes,
    );
    assert.deepEqual(request.inputs[1]!.data, BigInt64Array.of(5n, -1n));
    assert.deepEqual(request.inputs[2]!.data, ['x', '']);
    assert.deepEqual(request.outputs, [{ name: 'probability', binary: true }]);
  });

  const WRONG: readonly (readonly [string, unknown, RegExp])[] = [
    ['no object', [], /no object/],
    ['no inputs', {}, /inputs is no array/],
    ['an input without a name', { inputs: [{}, hour, count, origin] }, /input 0 has no name/],
    ['an unknown input', { inputs: [hour, count, origin, { name: 'x' }] }, /no input "x"/],
    ['an input twice', { inputs: [hour, hour, count, origin] }, /hour is there twice/],
    ['a missing input', { inputs: [hour, origin] }, /input count is missing/],
    ['another datatype', { inputs: [{ ...hour, datatype: 'FP64' }, count, origin] }, /hour: datatype is not FP32/],
    [
      'the shape of the signature',
      { inputs: [{ ...hour, shape: [-1, 1] }, count, origin] },
      /hour: shape has a -1: a request/,
    ],
    ['another shape', { inputs: [{ ...hour, shape: [2] }, count, origin] }, /hour: shape is not \[-1, 1\]/],
    ['a negative axis', { inputs: [{ ...hour, shape: [-2, 1] }, count, origin] }, /hour: shape/],
    ['a shape of a thousand million', { inputs: [{ ...hour, shape: [1e9, 1] }, count, origin] }, /data has 2 values/],
    ['a shape beyond all bounds', { inputs: [{ ...hour, shape: [1e300, 1] }, count, origin] }, /too large/],
    ['ragged data', { inputs: [{ ...hour, data: [[1], [2, 3]] }, count, origin] }, /not nested/],
    ['text for a number', { inputs: [{ ...hour, data: ['7', 1] }, count, origin] }, /value 0 is no number/],
    ['beyond FP32', { inputs: [{ ...hour, data: [1, 1e39] }, count, origin] }, /value 1 is out of range/],
    ['a fraction for INT64', { inputs: [hour, { ...count, data: [1, 1.5] }, origin] }, /value 1 is no whole number/],
    ['beyond 2^53', { inputs: [hour, { ...count, data: [1, 2 ** 60] }, origin] }, /value 1 is no whole number/],
    ['a number for text', { inputs: [hour, count, { ...origin, data: ['a', 1] }] }, /value 1 is no text/],
    ['different rows', { inputs: [{ ...hour, shape: [1, 1], data: [1] }, count, origin] }, /different numbers of rows/],
    ['no rows', { inputs: [hour, count, origin].map((one) => ({ ...one, shape: [0, 1], data: [] })) }, /no rows/],
    [
      'an unknown output',
      { inputs: [hour, count, origin], outputs: [{ name: 'y' }] },
      /no output "y", its outputs are probability;/,
    ],
    ['an id that is no text', { id: 7, inputs: [hour, count, origin] }, /id is no text/],
    ['a probe that is neither', { parameters: { synthetic: 'yes' }, inputs: [hour, count, origin] }, /synthetic/],
    ['an event time that is none', { parameters: { event_time: 'now' }, inputs: [hour, count, origin] }, /event_time/],
    [
      'binary data that is not there',
      { inputs: [{ ...hour, data: undefined, parameters: { binary_data_size: 8 } }, count, origin] },
      /beyond the binary data/,
    ],
  ];
  for (const [name, body, reason] of WRONG) {
    it(`refuses ${name}, with the signature`, () => {
      const result = read(body);
      assert.equal(result.kind, 'refused');
      const text = (result as { reason: string }).reason;
      assert.match(text, reason);
      assert.match(text, /expected inputs: hour FP32 \[-1, 1\], count INT64 \[-1, 1\], origin BYTES \[-1, 1\]$/);
    });
  }

  it('names every mistake at once', () => {
    const { reason } = read({
      inputs: [
        { ...hour, datatype: 'INT8' },
        { ...origin, data: [1, 2] },
      ],
    }) as { reason: string };
    assert.match(reason, /hour: .*; origin: .*; the input count is missing/);
  });

  it('refuses infinities, takes NaN, and refuses bytes that belong to nobody', () => {
    const binary = (values: Float32Array) =>
      read(
        { inputs: [{ ...hour, data: undefined, parameters: { binary_data_size: 8 } }, count, origin] },
        new Uint8Array(values.buffer),
      );
    assert.equal(binary(Float32Array.of(1, Number.NaN)).kind, 'request');
    assert.match((binary(Float32Array.of(1, Number.NEGATIVE_INFINITY)) as { reason: string }).reason, /infinite/);
    assert.match(
      (read({ inputs: [hour, count, origin] }, new Uint8Array(3)) as { reason: string }).reason,
      /3 bytes of binary data belong to no input/,
    );
  });

  it('calls too many rows too large', () => {
    const rows = (one: object, value: unknown) => ({ ...one, shape: [101, 1], data: new Array(101).fill(value) });
    assert.equal(read({ inputs: [rows(hour, 1), rows(count, 1), rows(origin, 'a')] }).kind, 'too_large');
  });

  it('is total over any JSON, and any bytes', () => {
    const tensor = fc.record({
      name: fc.constantFrom('hour', 'count', 'origin', 'other'),
      datatype: fc.oneof(fc.constantFrom(...DATATYPES), fc.jsonValue()),
      shape: fc.oneof(fc.array(fc.integer({ min: -2, max: 4 }), { maxLength: 3 }), fc.jsonValue()),
      data: fc.jsonValue(),
      parameters: fc.option(fc.record({ binary_data_size: fc.oneof(fc.integer(), fc.jsonValue()) }), {
        nil: undefined,
      }),
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          fc.record({
            inputs: fc.array(tensor, { maxLength: 5 }),
            outputs: fc.jsonValue(),
            parameters: fc.jsonValue(),
          }),
        ),
        fc.uint8Array({ maxLength: 40 }),
        (body, bytes) => assert.ok(['request', 'refused', 'too_large'].includes(read(body, bytes).kind)),
      ),
      { numRuns: 2_000 },
    );
  });
});
