import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readIndex, readSeal } from '../../../src/domain/backup/backup.js';

const digest = `sha256:${'a'.repeat(64)}`;
const object = { bucket: 'store', key: 'pointers/engine.json', digest, size: 1, etag: 'e', at: 1 };
const file = { path: 'tokens.json', mode: 0o600, digest, size: 1 };

describe('the index of a backup', () => {
  it('is read as it was written', () => {
    const index = {
      objects: [object, { ...object, bucket: 'ledger', key: '../any key a bucket can have' }],
      files: [file],
    };
    assert.deepEqual(readIndex(index), { ok: true, value: index });
  });

  const FAULTS: readonly (readonly [string, unknown])[] = [
    ['nothing', undefined],
    ['no lists', { objects: {}, files: [] }],
    ['an object of another bucket', { objects: [{ ...object, bucket: 'home' }], files: [] }],
    ['an object without a digest', { objects: [{ ...object, digest: 'sha256:1' }], files: [] }],
    ['an object of no size', { objects: [{ ...object, size: -1 }], files: [] }],
    ['a file that leads out of the home', { objects: [], files: [{ ...file, path: '../../.ssh/authorized_keys' }] }],
    ['a file that no home has', { objects: [], files: [{ ...file, path: 'bin/start.sh' }] }],
    ['a file without permissions', { objects: [], files: [{ ...file, mode: 'rwx' }] }],
  ];
  for (const [name, index] of FAULTS) it(`is refused with ${name}`, () => assert.equal(readIndex(index).ok, false));

  it('is never a reason to fall over', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        readIndex(value);
        readSeal(value);
      }),
    );
  });
});

describe('the seal of a backup', () => {
  const seal = { version: 1, number: 3, at: 1, index: digest, objects: 1, files: 1, bytes: 2, privateKeys: false };
  it('is read as it was written', () => assert.deepEqual(readSeal(seal), { ok: true, value: seal }));
  it('of a later version says so', () => {
    const read = readSeal({ ...seal, version: 2 });
    assert.match(read.ok ? '' : read.reason, /version 2, known is 1/);
  });
  it('without an index is none', () => assert.equal(readSeal({ ...seal, index: 'x' }).ok, false));
});
