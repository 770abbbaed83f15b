import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { halfToNumber, numberToHalf } from '../../src/domain/inference/half.js';
import { DATATYPES, ELEMENT_BYTES, type Datatype } from '../../src/domain/inference/tensors.js';
import { EVERY_DATATYPE, makeArtifact } from '../fixtures/artifact.js';
import { everyDatatype } from '../fixtures/onnx/graphs.js';
import { model, node, value } from '../fixtures/onnx/proto.js';
import { loggedRows } from '../fixtures/loggedRows.js';
import { startStandalone, type Standalone } from './standalone.js';

/** Two rows of each datatype, with its greatest and least values where it has some. */
const VALUES: Readonly<Record<Datatype, readonly [unknown, unknown]>> = {
  BOOL: [true, false],
  UINT8: [0, 255],
  UINT16: [0, 65_535],
  UINT32: [0, 4_294_967_295],
  UINT64: [0, 9_007_199_254_740_991],
  INT8: [-128, 127],
  INT16: [-32_768, 32_767],
  INT32: [-2_147_483_648, 2_147_483_647],
  INT64: [-9_007_199_254_740_991, 9_007_199_254_740_991],
  FP16: [-65_504, 0.333251953125],
  FP32: [1.5, -0.25],
  FP64: [0.1, -1e300],
  BYTES: ['Zürich', 'a "quoted" ☃'],
};

const BYTES_OF: Partial<Record<Datatype, (into: DataView, at: number, value: number) => void>> = {
  UINT16: (into, at, one) => into.setUint16(at, one, true),
  UINT32: (into, at, one) => into.setUint32(at, one, true),
  UINT64: (into, at, one) => into.setBigUint64(at, BigInt(one), true),
  INT8: (into, at, one) => into.setInt8(at, one),
  INT16: (into, at, one) => into.setInt16(at, one, true),
  INT32: (into, at, one) => into.setInt32(at, one, true),
  INT64: (into, at, one) => into.setBigInt64(at, BigInt(one), true),
  FP16: (into, at, one) => into.setUint16(at, numberToHalf(one), true),
  FP32: (into, at, one) => into.setFloat32(at, one, true),
  FP64: (into, at, one) => into.setFloat64(at, one, true),
};

const binaryOf = (datatype: Datatype): Buffer => {
  const values = VALUES[datatype];
  if (datatype === 'BYTES')
    return Buffer.concat(
      values.map((text) => {
        const bytes = Buffer.from(String(text));
        const length = Buffer.alloc(4);
        length.writeUInt32LE(bytes.length);
        return Buffer.concat([length, bytes]);
      }),
    );
  const size = ELEMENT_BYTES[datatype];
  const view = new DataView(new ArrayBuffer(2 * size));
  const write = BYTES_OF[datatype] ?? ((into, at, one) => into.setUint8(at, one));
  for (const [row, one] of values.entries()) write(view, row * size, Number(one));
  return Buffer.from(view.buffer);
};

interface Output {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
  readonly parameters?: { readonly binary_data_size: number };
}

describe('every tensor type of ONNX Runtime', () => {
  let alone: Standalone;
  before(async () => {
    alone = await startStandalone(makeArtifact(everyDatatype(), { smoke: null, signature: EVERY_DATATYPE }));
    await alone.server.ready;
  });
  after(() => alone.stop());

  const post = (body: string | Buffer, headers: Readonly<Record<string, string>>) =>
    fetch(`${alone.url}/v2/models/late/infer`, { method: 'POST', body, headers });
  const asJson = (change: Readonly<Record<string, readonly unknown[]>> = {}) =>
    post(
      JSON.stringify({
        inputs: DATATYPES.map((datatype) => ({
          name: datatype.toLowerCase(),
          datatype,
          shape: [2, 1],
          data: change[datatype] ?? VALUES[datatype],
        })),
      }),
      { 'content-type': 'application/json' },
    );

  it('goes in and out as JSON', async () => {
    const response = await asJson();
    const { outputs = [] } = (await response.json()) as { outputs?: readonly Output[] };
    assert.equal(response.status, 200);
    for (const datatype of DATATYPES) {
      const found = outputs.find(({ name }) => name === `same_${datatype.toLowerCase()}`);
      assert.deepEqual(
        [found?.datatype, found?.shape, found?.data],
        [datatype, [2, 1], VALUES[datatype]],
        `${datatype} comes back`,
      );
    }
    const pairs = outputs.find(({ name }) => name === 'pairs');
    assert.deepEqual(
      [pairs?.shape, pairs?.data],
      [
        [2, 2],
        [0.1, 0.1, -1e300, -1e300],
      ],
    );
  });

  it('goes in and out as binary data, and is logged', async () => {
    const parts = DATATYPES.map(binaryOf);
    const head = JSON.stringify({
      parameters: { binary_data_output: true },
      inputs: DATATYPES.map((datatype, at) => ({
        name: datatype.toLowerCase(),
        datatype,
        shape: [2, 1],
        parameters: { binary_data_size: parts[at]!.length },
      })),
    });
    const response = await post(Buffer.concat([Buffer.from(head), ...parts]), {
      'inference-header-content-length': String(Buffer.byteLength(head)),
      'content-type': 'application/octet-stream',
    });
    assert.equal(response.status, 200);
    const bytes = Buffer.from(await response.arrayBuffer());
    let at = Number(response.headers.get('inference-header-content-length'));
    const { outputs } = JSON.parse(bytes.toString('utf8', 0, at)) as { outputs: readonly Output[] };
    const found: Record<string, Buffer> = {};
    for (const { name, parameters } of outputs) {
      found[name] = bytes.subarray(at, at + parameters!.binary_data_size);
      at += parameters!.binary_data_size;
    }
    for (const [index, datatype] of DATATYPES.entries())
      assert.deepEqual(found[`same_${datatype.toLowerCase()}`], parts[index], datatype);
  });

  it('tells whole numbers with all of their digits', async () => {
    const bytes = Buffer.alloc(16);
    bytes.writeBigInt64LE(2n ** 63n - 1n, 0);
    bytes.writeBigInt64LE(-(2n ** 63n), 8);
    const head = JSON.stringify({
      inputs: DATATYPES.map((datatype) => ({
        name: datatype.toLowerCase(),
        datatype,
        shape: [2, 1],
        ...(datatype === 'INT64' ? { parameters: { binary_data_size: 16 } } : { data: VALUES[datatype] }),
      })),
      outputs: [{ name: 'same_int64' }],
    });
    const response = await post(Buffer.concat([Buffer.from(head), bytes]), {
      'inference-header-content-length': String(Buffer.byteLength(head)),
      'content-type': 'application/octet-stream',
    });
    assert.match(await response.text(), /"data":\[9223372036854775807,-9223372036854775808\]/);
  });

  const REFUSED: readonly (readonly [Datatype, unknown, RegExp])[] = [
    ['BOOL', 2, /bool: value 1 is no boolean/],
    ['UINT8', 256, /uint8: value 1 is out of range/],
    ['INT8', -129, /int8: value 1 is out of range/],
    ['UINT16', 1.5, /uint16: value 1 is no whole number/],
    ['UINT64', -1, /uint64: value 1 is out of range/],
    ['FP16', 65_505, /fp16: value 1 is out of range/],
    ['FP32', 1e39, /fp32: value 1 is out of range/],
    ['FP64', 'a', /fp64: value 1 is no number/],
    ['BYTES', 1, /bytes: value 1 is no text/],
  ];
  for (const [datatype, wrong, reason] of REFUSED) {
    it(`refuses ${JSON.stringify(wrong)} as ${datatype}`, async () => {
      const response = await asJson({ [datatype]: [VALUES[datatype][0], wrong] });
      assert.equal(response.status, 400);
      assert.match(((await response.json()) as { error: string }).error, reason);
    });
  }

  it('keeps what it was asked in the prediction log, whatever the type', async () => {
    await alone.stop();
    const rows = await loggedRows(alone.store);
    const [first, second] = rows;
    for (const datatype of DATATYPES) {
      const expected = VALUES[datatype].map((one) => (typeof one === 'boolean' ? Number(one) : one));
      assert.deepEqual(
        [first![`f_${datatype.toLowerCase()}`], second![`f_${datatype.toLowerCase()}`]],
        expected,
        datatype,
      );
    }
  });
});

it('a model with inputs that the protocol has no word for is refused by name', async () => {
  const four = model({
    input: [value('tiny', 'INT4', [-1, 1])],
    output: [value('probability', 'FP32', [-1, 1])],
    node: [node('Cast', ['tiny'], ['probability'], { to: { int: 1 } })],
  });
  const alone = await startStandalone(
    makeArtifact(four, { smoke: null, signature: { ...EVERY_DATATYPE, features: [] } }),
  );
  await assert.rejects(alone.server.ready, /its input tiny is int4, for which the protocol has no word|tiny/);
  await alone.stop();
});

describe('half floats', () => {
  it('are the same bits after there and back, all of them', () => {
    for (let bits = 0; bits < 65_536; bits += 1) {
      const number = halfToNumber(bits);
      if (Number.isNaN(number)) assert.ok(Number.isNaN(halfToNumber(numberToHalf(number))));
      else assert.equal(numberToHalf(number), bits);
    }
  });

  it('are the nearest, and the even one of two that are as near', () => {
    for (const [number, nearest] of [
      [2049, 2048],
      [2051, 2052],
      [0.1, 0.0999755859375],
      [2 ** -25, 0],
      [3 * 2 ** -26, 2 ** -24],
      [65_519, 65_504],
      [65_520, Infinity],
      [-1e9, -Infinity],
    ] as const)
      assert.equal(halfToNumber(numberToHalf(number)), nearest, String(number));
  });
});
