import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { liftNumbers } from '../../../src/domain/inference/liftNumbers.js';
import { parseJson } from '../../../src/domain/inference/parseJson.js';
import { readJsonRequest } from '../../../src/domain/inference/readJsonRequest.js';
import { JsonNumbers, readNumbers } from '../../../src/domain/inference/readNumbers.js';
import { readRequest, type ModelTensors, type ReadRequest } from '../../../src/domain/inference/readRequest.js';

const MODEL: ModelTensors = {
  inputs: [
    { name: 'X', datatype: 'FP32', shape: [-1, 2] },
    { name: 'Y', datatype: 'FP64', shape: [-1, 1] },
    { name: 'N', datatype: 'INT64', shape: [-1, 1] },
    { name: 'T', datatype: 'BYTES', shape: [-1, 1] },
  ],
  outputs: [{ name: 'probability', datatype: 'FP32', shape: [-1, 1] }],
};
const NOTHING = new Uint8Array(0);
/** Long enough for the numbers to be lifted out. */
const padded = (json: string): Uint8Array => new TextEncoder().encode(json + ' '.repeat(2_048));

const asBefore = (json: Uint8Array): ReadRequest => {
  let body: unknown;
  try {
    body = parseJson(Buffer.from(json).toString('utf8'));
  } catch (error) {
    return { kind: 'refused', reason: `the body is no JSON: ${(error as Error).message.slice(0, 200)}` };
  }
  return readRequest(body, NOTHING, MODEL, 100, []);
};

const same = (text: string): void => {
  const json = padded(text);
  assert.deepEqual(readJsonRequest(json, NOTHING, MODEL, 100, []), asBefore(json), text);
};

/** A number as JSON may have it, also with more digits than a double can tell apart. */
const digits = (most: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: most }).map((all) => all.join(''));
const whole = fc.oneof(
  digits(25).map((text) => text.replace(/^0+(?=\d)/, '')),
  fc.constant('0'),
);
const numberText = fc.oneof(
  fc
    .tuple(
      fc.boolean(),
      whole,
      fc.option(digits(30)),
      fc.option(fc.tuple(fc.constantFrom('e', 'E', 'e+', 'e-'), digits(3))),
    )
    .map(
      ([minus, head, tail, power]) =>
        `${minus ? '-' : ''}${head}${tail === null ? '' : `.${tail}`}${power === null ? '' : power.join('')}`,
    ),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
);

/** Whole numbers between two neighbours of FP32, exactly, and a little beside: where rounding twice goes wrong. */
const nearTie = fc
  .tuple(
    fc.integer({ min: 2 ** 23, max: 2 ** 24 - 1 }),
    fc.integer({ min: -60, max: 60 }),
    fc.constantFrom('', '0', '1', '9'),
  )
  .map(([mantissa, power, more]) => {
    const tie = BigInt(2 * mantissa + 1);
    if (power >= 0) return `${tie * 2n ** BigInt(power)}.0000${more}`;
    const decimals = (tie * 10n ** BigInt(-power)) / 2n ** BigInt(-power);
    return `${decimals}${more}e${power - more.length}`;
  });

const readOne = (text: string, into: Float32Array | Float64Array): boolean => {
  const bytes = new TextEncoder().encode(`[${text}]`);
  return readNumbers(new JsonNumbers(bytes, 0, bytes.length), [1], into);
};

describe('readNumbers', () => {
  it('rounds as Number() and then FP32 do, also close to ties', () => {
    fc.assert(
      fc.property(fc.oneof(numberText, nearTie), (text) => {
        const single = new Float32Array(1);
        const expected = Number(text);
        if (Number.isFinite(expected) && !Number.isFinite(Math.fround(expected)))
          return assert.equal(readOne(text, single), false, text);
        assert.ok(readOne(text, single), text);
        assert.ok(Object.is(single[0], Math.fround(expected)), `${text} became ${single[0]}`);
      }),
      { numRuns: 20_000 },
    );
  });

  it('reads FP64 as Number() does', () => {
    fc.assert(
      fc.property(numberText, (text) => {
        const double = new Float64Array(1);
        assert.ok(readOne(text, double), text);
        assert.ok(Object.is(double[0], Number(text)), `${text} became ${double[0]}`);
      }),
      { numRuns: 20_000 },
    );
  });

  const NO_NUMBERS = [
    '',
    '01',
    '-',
    '1.',
    '.5',
    '+1',
    '1e',
    '1e+',
    '0x1',
    'nul',
    'nullx',
    'Infinity',
    '"1"',
    'true',
    '1 2',
    '1,',
    '--1',
  ];
  for (const text of NO_NUMBERS)
    it(`takes no ${JSON.stringify(text)}`, () => assert.equal(readOne(text, new Float32Array(1)), false));

  it('reads a number of a million digits without holding them all', () => {
    const into = new Float64Array(1);
    assert.ok(readOne(`1${'0'.repeat(1_000_000)}e-1000000`, into));
    assert.equal(into[0], 1);
  });
});

describe('readJsonRequest', () => {
  const inputs = (data: Record<string, string>): string =>
    JSON.stringify({
      inputs: [
        { name: 'X', datatype: 'FP32', shape: [2, 2], data: 'X' },
        { name: 'Y', datatype: 'FP64', shape: [2, 1], data: 'Y' },
        { name: 'N', datatype: 'INT64', shape: [2, 1], data: 'N' },
        { name: 'T', datatype: 'BYTES', shape: [2, 1], data: 'T' },
      ],
    }).replace(/"data":"(\w)"/g, (_, name: string) => `"data":${data[name]}`);
  const GOOD = { X: '[1.5,2,-3e0,null]', Y: '[[0.1],[NaN]]', N: '[7,null]', T: '["a","b"]' };

  it('leaves the numbers of a request where they are', () => {
    const body = liftNumbers(new TextEncoder().encode(inputs(GOOD))) as { inputs: { data: unknown }[] };
    assert.deepEqual(
      body.inputs.map(({ data }) => data instanceof JsonNumbers),
      [true, true, true, false],
    );
  });

  const ODD: Readonly<Record<string, string>> = {
    'flat and nested tensors with missing values': inputs(GOOD),
    'white space everywhere': inputs({ ...GOOD, X: '\n[ 1 ,\t2 ,\r\n3 , 4 ] ', Y: ' [ [ 1 ] , [ 2 ] ] ' }).replaceAll(
      '"data":',
      '"data" : ',
    ),
    'a flat array that is too long': inputs({ ...GOOD, X: '[1,2,3,4,5]' }),
    'ragged nesting': inputs({ ...GOOD, X: '[[1,2,3],[4]]' }),
    'nesting of another shape': inputs({ ...GOOD, X: '[[1],[2],[3],[4]]' }),
    'nesting that is too deep': inputs({ ...GOOD, X: '[[[1,2],[3,4]]]' }),
    infinity: inputs({ ...GOOD, X: '[1,2,Infinity,-Infinity]' }),
    'beyond FP32': inputs({ ...GOOD, X: '[1,2,3,1e39]' }),
    'a text among numbers': inputs({ ...GOOD, X: '[1,2,"3",4]' }),
    'a number that is none': inputs({ ...GOOD, X: '[1,2,03,4]' }),
    'a comma too many': inputs({ ...GOOD, X: '[1,2,3,4,]' }),
    'something after the numbers': inputs({ ...GOOD, N: '[7,8]5' }),
    'a fraction after the numbers': inputs({ ...GOOD, N: '[7,8].5' }),
    'an exponent after the numbers': inputs({ ...GOOD, N: '[7,8]e0' }),
    'a number under an escaped key': inputs(GOOD).replace(
      '"data":[1.5,2,-3e0,null]',
      '"data":[1,2,3,4],"\\u0064ata":0',
    ),
    'a fraction in INT64': inputs({ ...GOOD, N: '[7.5,8]' }),
    'a number in the place of data': inputs({ ...GOOD, X: '0' }),
    'data that is there twice': inputs(GOOD).replace('"data":[7,null]', '"data":[1,2],"data":[7,null]'),
    'bad data that is there twice': inputs(GOOD).replace('"data":[7,null]', '"data":[1,01],"data":[7,null]'),
    'an escaped key': inputs(GOOD).replace('"data":[7,null]', '"data":[1,01],"\\u0064ata":[7,null]'),
    'data in the parameters': inputs(GOOD).replace('{"inputs"', '{"parameters":{"data":[1,2]},"inputs"'),
    'bad data in the parameters': inputs(GOOD).replace('{"inputs"', '{"parameters":{"data":[1,02]},"inputs"'),
    'data in a text': inputs({ ...GOOD, T: String.raw`["\"data\":[1,2]","b"]` }),
    'a text that ends as the key begins': inputs({ ...GOOD, T: '["a"data":[1]","b"]' }),
    'a byte order mark': `\uFEFF${inputs(GOOD)}`,
    'no object': '[{"data":[1]}]',
    'no inputs': '{"data":[1]}',
    'another datatype': inputs(GOOD).replace('FP64', 'FP32'),
    'another datatype, and data that is no JSON': inputs({ ...GOOD, Y: '[1,02]' }).replace('FP64', 'FP32'),
    'a shape beyond all bounds': inputs(GOOD).replace('[2,2]', '[100000000,2]'),
    'a body that was cut off': inputs(GOOD).slice(0, 90),
  };
  for (const [name, text] of Object.entries(ODD)) it(`reads as before: ${name}`, () => same(text));

  it('takes the good one', () =>
    assert.equal(readJsonRequest(padded(inputs(GOOD)), NOTHING, MODEL, 100, []).kind, 'request'));

  it('reads any request as before, whatever a byte of it becomes', () => {
    const list = (one: fc.Arbitrary<string>, length: number) =>
      fc.array(one, { minLength: length, maxLength: length }).map((all) => `[${all.join(',')}]`);
    const value = fc.oneof(
      { weight: 8, arbitrary: numberText },
      fc.constantFrom('null', 'NaN', 'Infinity', '1e39', '"a"', 'true', '[1]'),
    );
    const request = fc
      .record({
        X: fc.oneof(list(value, 4), list(list(value, 2), 2)),
        Y: fc.oneof(list(numberText, 2), list(list(value, 1), 2)),
        N: list(fc.oneof(fc.integer().map(String), value), 2),
        T: list(
          fc.oneof(
            fc.string().map((text) => JSON.stringify(text)),
            value,
          ),
          2,
        ),
      })
      .map(inputs);
    const change = fc.option(fc.tuple(fc.nat(), fc.constantFrom(...'[]{},:"0159.-eE \\nN')));
    fc.assert(
      fc.property(request, change, (text, changed) => {
        if (changed === null) return same(text);
        const at = changed[0] % text.length;
        same(text.slice(0, at) + changed[1] + text.slice(at + 1));
      }),
      { numRuns: 10_000 },
    );
  });
});
