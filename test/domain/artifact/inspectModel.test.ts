import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { inspectModel } from '../../../src/domain/artifact/inspectModel.js';
import { testModel } from '../../fixtures/artifact.js';
import {
  bytesField,
  externalTensor,
  numberField,
  plainTag,
  varint,
  wideTag,
  type TagWriter,
} from '../../fixtures/hostileModels.js';

const sound = Buffer.from(testModel(0.1));
const problemOf = (...parts: Uint8Array[]): string | undefined => inspectModel(Buffer.concat(parts)).problem;

/** Fields from the model down to a tensor, as onnx.proto has them. */
const PLACES: Readonly<Record<string, readonly number[]>> = {
  'a weight': [7, 5],
  'values of a sparse weight': [7, 15, 1],
  'indices of a sparse weight': [7, 15, 2],
  'an attribute of a node': [7, 1, 5, 5],
  'a list in an attribute': [7, 1, 5, 10],
  'a graph in an attribute': [7, 1, 5, 6, 5],
  'a list of graphs in an attribute': [7, 1, 5, 11, 5],
  'a sparse tensor in an attribute': [7, 1, 5, 22, 1],
  'a list of sparse tensors in an attribute': [7, 1, 5, 23, 2],
  'what training begins with': [20, 1, 5],
  'what a training step is': [20, 2, 5],
  'a node of a function': [25, 7, 5, 5],
  'what an attribute of a function is without a value': [25, 11, 5],
};

const within = (fields: readonly number[], content: Uint8Array, tag: TagWriter): Uint8Array =>
  fields.reduceRight<Uint8Array>((inner, field) => bytesField(field, inner, tag), content);

describe('an ONNX file that keeps weights elsewhere', () => {
  for (const [name, fields] of Object.entries(PLACES))
    it(`is found out: ${name}`, () => {
      const tensor = externalTensor('key.pem');
      assert.match(problemOf(sound, within(fields, tensor, plainTag))!, /other files/);
      assert.match(problemOf(sound, within(fields, numberField(14, 1), plainTag))!, /other files/);
    });

  it('is found out however its places and tags are written', () => {
    const tag: fc.Arbitrary<TagWriter> = fc.oneof(
      fc.constant(wideTag),
      fc
        .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 7 }))
        .map(([least, last]): TagWriter => (field, kind) => {
          const written = varint(field * 8 + kind, least);
          // Bits that a reader of 32 bits drops.
          if (least >= 5) written[written.length - 1] = last * 16;
          return written;
        }),
    );
    fc.assert(
      fc.property(tag, tag, fc.constantFrom(...Object.values(PLACES)), fc.boolean(), (outer, inner, fields, first) => {
        const hidden = within(fields, externalTensor('key.pem', inner), outer);
        assert.notEqual(problemOf(...(first ? [hidden, sound] : [sound, hidden])), undefined);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is found out whichever number says so: readers keep 32 bits of it', () => {
    for (const place of [1, 2, 2 ** 32 + 1, 2 ** 63])
      assert.match(problemOf(sound, within([7, 5], numberField(14, place), plainTag))!, /other files/);
    assert.equal(problemOf(sound, within([7, 5], numberField(14, 0), plainTag)), undefined);
  });
});

describe('bytes that readers of protobuf understand in different ways', () => {
  const odd: Readonly<Record<string, Uint8Array>> = {
    'a tag above 32 bits': Buffer.concat([wideTag(100, 0), varint(1)]),
    'a tag of six bytes': Buffer.concat([varint(100 * 8, 6), varint(1)]),
    'a tag that is longer than it need be': Buffer.concat([varint(100 * 8, 4), varint(1)]),
    'field 0': Buffer.from([0, 1]),
    'a group': Buffer.from([0x0b, 0x0c]),
    'the end of a group': Buffer.from([0x0c]),
    'an unknown kind of field': Buffer.from([0x0e, 1]),
    'a length of six bytes': Buffer.concat([plainTag(100, 2), varint(1, 6), Buffer.from([1])]),
    'a length beyond the file': Buffer.concat([plainTag(100, 2), varint(2 ** 33)]),
    'a number of eleven bytes': Buffer.concat([plainTag(100, 0), varint(1, 11)]),
  };
  for (const [name, bytes] of Object.entries(odd))
    it(`are damage: ${name}`, () => assert.match(problemOf(sound, bytes)!, /^it is damaged/));

  it('are none of these: fields that nobody knows, in any order, and a number as long as protobuf writes one', () => {
    const unknown = [
      numberField(1_000, 5),
      bytesField(1_001, 'anything'),
      Buffer.concat([plainTag(1_002, 5), Buffer.alloc(4)]),
      Buffer.concat([plainTag(1_003, 1), Buffer.alloc(8)]),
      // -1 as an int64: ten bytes.
      Buffer.concat([plainTag(1_004, 0), Buffer.alloc(9, 255), Buffer.from([1])]),
      // The greatest field there is: its tag is all of the 32 bits.
      numberField(2 ** 29 - 1, 1),
    ];
    assert.equal(problemOf(...unknown, sound), undefined);
    assert.equal(problemOf(sound, ...unknown.reverse()), undefined);
  });
});
