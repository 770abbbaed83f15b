/** What the node reads and writes on its own, against another implementation of protobuf. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { writeHealth, writeModelMetadata } from '../../../../src/domain/inference/grpc/messages.js';
import { readInferRequest, type InferRequestRead } from '../../../../src/domain/inference/grpc/readInferRequest.js';
import { clipDetails, codeOf } from '../../../../src/domain/inference/grpc/status.js';
import { joined } from '../../../../src/domain/inference/grpc/write.js';
import { writeInferResponse } from '../../../../src/domain/inference/grpc/writeInferResponse.js';
import { codec } from '../../../fixtures/grpc/proto.js';

const MOST = 1 << 20;
const read = (request: object, most = MOST): InferRequestRead =>
  readInferRequest(codec('ModelInferRequest').encode(request), most);
const input = (datatype: string, contents: object, shape = [2, 1]) => ({ name: 'x', datatype, shape, contents });
const hexOf = (result: InferRequestRead): string => {
  assert.equal(result.kind, 'request', JSON.stringify(result));
  return result.kind === 'request'
    ? result.request.tensors.map((one) => Buffer.from(one).toString('hex')).join(' ')
    : '';
};
const reasonOf = (result: InferRequestRead): string => {
  assert.notEqual(result.kind, 'request');
  return result.kind === 'request' ? '' : `${result.kind}: ${result.reason}`;
};

describe('ModelInferRequest', () => {
  it('becomes the JSON part, and the binary tensors as they are', () => {
    const result = read({
      model_name: 'late',
      model_version: '7',
      id: 'mine',
      parameters: {
        event_time: { int64_param: '983779200000' },
        before: { int64_param: -5 },
        synthetic: { bool_param: true },
        off: { bool_param: false },
        said: { string_param: 'Zürich, with more letters than fit' },
        share: { double_param: 0.25 },
        large: { uint64_param: '9007199254740991' },
      },
      inputs: [
        { name: 'hour', datatype: 'FP32', shape: [1, 1] },
        { name: 'origin', datatype: 'BYTES', shape: [-1, 300] },
      ],
      outputs: [{ name: 'probability' }],
      raw_input_contents: [Buffer.from('0000c03f', 'hex'), Buffer.from('020000006162', 'hex')],
    });
    assert.equal(hexOf(result), '0000c03f 020000006162');
    assert.ok(result.kind === 'request');
    const { model, version, json } = result.request;
    assert.deepEqual([model, version], ['late', '7']);
    assert.deepEqual(JSON.parse(json), {
      id: 'mine',
      parameters: {
        event_time: 983_779_200_000,
        before: -5,
        synthetic: true,
        off: false,
        said: 'Zürich, with more letters than fit',
        share: 0.25,
        large: 9_007_199_254_740_991,
        binary_data_output: true,
      },
      inputs: [
        { name: 'hour', datatype: 'FP32', shape: [1, 1], parameters: { binary_data_size: 4 } },
        { name: 'origin', datatype: 'BYTES', shape: [-1, 300], parameters: { binary_data_size: 6 } },
      ],
      outputs: [{ name: 'probability' }],
    });
  });

  const TYPED: readonly (readonly [string, object, string])[] = [
    ['BOOL', { bool_contents: [true, false] }, '0100'],
    ['INT8', { int_contents: [-128, 127] }, '807f'],
    ['INT16', { int_contents: [-32_768, 32_767] }, '0080ff7f'],
    ['INT32', { int_contents: [-2_147_483_648, 2_147_483_647] }, '00000080ffffff7f'],
    ['INT64', { int64_contents: ['-9223372036854775808', '9223372036854775807'] }, '0000000000000080ffffffffffffff7f'],
    ['UINT8', { uint_contents: [0, 255] }, '00ff'],
    ['UINT16', { uint_contents: [256, 65_535] }, '0001ffff'],
    ['UINT32', { uint_contents: [1, 4_294_967_295] }, '01000000ffffffff'],
    ['UINT64', { uint64_contents: ['4294967296', '18446744073709551615'] }, '0000000001000000ffffffffffffffff'],
    ['FP32', { fp32_contents: [1.5, NaN] }, '0000c03f0000c07f'],
    ['FP64', { fp64_contents: [0.5, -Infinity] }, '000000000000e03f000000000000f0ff'],
    ['BYTES', { bytes_contents: [Buffer.from('ü'), Buffer.alloc(0)] }, '02000000c3bc00000000'],
  ];
  for (const [datatype, contents, hex] of TYPED)
    it(`takes typed contents of ${datatype}`, () =>
      assert.equal(hexOf(read({ inputs: [input(datatype, contents)] })), hex));

  it('takes elements that are not packed, and messages in pieces', () => {
    const part = (tag: number, content: Buffer) => Buffer.concat([Buffer.from([tag, content.length]), content]);
    const named = Buffer.concat([
      part(0x0a, Buffer.from('x')),
      part(0x12, Buffer.from('INT8')),
      // shape: 4 and -5, each with a tag of its own
      Buffer.from('180418fbffffffffffffffff01', 'hex'),
      // contents twice: int_contents 5 and -1 alone, then 6 and 7 packed
      part(0x2a, Buffer.from('100510ffffffffffffffffff01', 'hex')),
      part(0x2a, Buffer.from('12020607', 'hex')),
    ]);
    const result = readInferRequest(part(0x2a, named), MOST);
    assert.equal(hexOf(result), '05ff0607');
    assert.match(result.kind === 'request' ? result.request.json : '', /"shape":\[4,-5\]/);
  });

  const REFUSED: readonly (readonly [string, object, RegExp])[] = [
    [
      'a value beyond its datatype',
      { inputs: [input('INT8', { int_contents: [1, 128] })] },
      /^refused: x: has a value that is no INT8$/,
    ],
    ['a negative one too', { inputs: [input('INT16', { int_contents: [-32_769] })] }, /no INT16$/],
    ['an unsigned one', { inputs: [input('UINT16', { uint_contents: [65_536] })] }, /no UINT16$/],
    [
      'contents of another type',
      { inputs: [input('INT64', { fp32_contents: [1] })] },
      /has fp32_contents, INT64 is taken in int64_contents$/,
    ],
    [
      'half floats as numbers',
      { inputs: [input('FP16', { fp32_contents: [1] })] },
      /FP16 is taken in raw_input_contents only$/,
    ],
    [
      'both forms',
      { inputs: [input('INT8', { int_contents: [1] })], raw_input_contents: [Buffer.from([1])] },
      /both contents and raw/,
    ],
    ['more raw entries than inputs', { inputs: [], raw_input_contents: [Buffer.from([1])] }, /1 entries for 0 inputs$/],
  ];
  for (const [what, request, reason] of REFUSED)
    it(`refuses ${what}`, () => assert.match(reasonOf(read(request)), reason));

  it('refuses what becomes larger than a request may be', () => {
    const small = { inputs: [input('INT64', { int64_contents: new Array(100).fill(1) })] };
    assert.equal(reasonOf(read(small, 799)), 'too_large: the tensors are larger than 799 bytes');
    assert.equal(read(small, 800).kind, 'request');
    const raw = { inputs: [input('INT8', {})], raw_input_contents: [Buffer.alloc(100)] };
    assert.equal(read({ ...raw, inputs: [{ name: 'x', datatype: 'INT8' }] }, 99).kind, 'too_large');
  });

  it('refuses more parts than it makes objects of', () => {
    const many = { inputs: [{ name: 'x', datatype: 'INT8', shape: new Array(20_000).fill(1) }] };
    assert.match(reasonOf(read(many)), /more than 16384 tensors, parameters and axes$/);
  });

  it('refuses whatever is no message, and never throws', () => {
    const good = codec('ModelInferRequest').encode({
      model_name: 'late',
      parameters: { a: { string_param: 'b' } },
      inputs: [
        input('INT64', { int64_contents: ['-1', '300'] }),
        input('BYTES', { bytes_contents: [Buffer.from('ab')] }),
      ],
    });
    let refused = 0;
    for (let at = 0; at < good.length; at += 1) {
      if (readInferRequest(good.subarray(0, at), MOST).kind === 'refused') refused += 1;
      for (let value = 0; value < 256; value += 1) {
        const changed = Buffer.from(good);
        changed[at] = value;
        if (readInferRequest(changed, MOST).kind === 'refused') refused += 1;
      }
    }
    assert.ok(refused > good.length);
    assert.match(reasonOf(readInferRequest(Buffer.from([0x0a, 1, 0xff]), MOST)), /a text that is no UTF-8$/);
  });
});

describe('answers', () => {
  it('ModelInferResponse: the very bytes of the tensors, in their order', () => {
    const message = joined(
      writeInferResponse(
        {
          model_name: 'late',
          model_version: 'abc',
          id: 'mine',
          parameters: { request_id: 'r-1', yes: true, no: false },
          outputs: [
            { name: 'p', datatype: 'FP32', shape: [2, 1], parameters: { binary_data_size: 8 } },
            { name: 'none', datatype: 'BYTES', shape: [0], parameters: { binary_data_size: 0 } },
            { name: 'q', datatype: 'INT8', shape: [-1, 300], parameters: { binary_data_size: 1 } },
          ],
        },
        Buffer.from('0102030405060708ff', 'hex'),
      ),
    );
    const { raw_output_contents: raw, outputs, ...rest } = codec('ModelInferResponse').decode(message);
    assert.deepEqual(
      (raw as Buffer[]).map((one) => Buffer.from(one).toString('hex')),
      ['0102030405060708', '', 'ff'],
    );
    assert.deepEqual(
      (outputs as Record<string, unknown>[]).map(({ name, datatype, shape }) => [name, datatype, shape]),
      [
        ['p', 'FP32', ['2', '1']],
        ['none', 'BYTES', ['0']],
        ['q', 'INT8', ['-1', '300']],
      ],
    );
    assert.deepEqual(rest, {
      model_name: 'late',
      model_version: 'abc',
      id: 'mine',
      parameters: { request_id: { string_param: 'r-1' }, yes: { bool_param: true }, no: { bool_param: false } },
    });
  });

  it('ModelMetadataResponse and HealthCheckResponse', () => {
    const tensor = { name: 'hour', datatype: 'FP32', shape: [-1, 1] };
    const metadata = { name: 'late', versions: ['a', 'b'], platform: 'onnx', inputs: [tensor], outputs: [] };
    assert.deepEqual(codec('ModelMetadataResponse').decode(joined(writeModelMetadata(metadata))), {
      ...metadata,
      inputs: [{ ...tensor, shape: ['-1', '1'] }],
    });
    const healthOf = (serving: boolean) => codec('HealthCheckResponse').decode(joined(writeHealth(serving)));
    assert.deepEqual([healthOf(true), healthOf(false)], [{ status: 'SERVING' }, { status: 'NOT_SERVING' }]);
  });
});

describe('codes', () => {
  it('say what the status of HTTP says', () => {
    const codes = [200, 400, 404, 405, 413, 415, 429, 499, 500, 503].map(codeOf);
    assert.deepEqual(codes, [0, 3, 5, 3, 8, 3, 8, 1, 13, 14]);
  });

  it('have a text that fits into the trailers of every client, and half of no character', () => {
    assert.equal(clipDetails('x: shape is not [-1, 1] \ud800.'), 'x: shape is not [-1, 1] \ufffd.');
    for (const letter of ['a', '[', 'ü', '☃', '😀']) {
      const clipped = clipDetails(letter.repeat(10_000));
      assert.ok(encodeURI(clipped).length <= 6_012 && encodeURI(clipped).length > 5_900, letter);
    }
  });
});
