import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { EMPTY_ROOM, enter, leave } from '../../../src/domain/routing/coldRoom.js';
import { servingOf } from '../../../src/domain/routing/servingOf.js';

const SERVING = {
  replicas: { min: 0, max: 2, inFlight: 16, coolDownMs: 300_000 },
  idleMs: 900_000,
  coldStartMs: 10_000,
};
const specWith = (serving: unknown) => ({ environments: [{ name: 'test' }, { name: 'production', serving }] });

describe('servingOf', () => {
  it('is what the spec says of this environment', () => {
    assert.deepEqual(servingOf(specWith(SERVING), 'production'), SERVING);
    const { idleMs: _, ...always } = { ...SERVING, replicas: { ...SERVING.replicas, min: 1 } };
    assert.deepEqual(servingOf(specWith(always), 'production'), always);
  });

  it('is nothing where it says nothing, or what cannot be done', () => {
    assert.equal(servingOf(specWith(SERVING), 'test'), undefined);
    assert.equal(servingOf(specWith(SERVING), 'elsewhere'), undefined);
    const impossible = [
      { ...SERVING, replicas: { ...SERVING.replicas, min: 3 } },
      { ...SERVING, replicas: { ...SERVING.replicas, max: 0 } },
      { ...SERVING, replicas: { ...SERVING.replicas, max: 33 } },
      { ...SERVING, replicas: { ...SERVING.replicas, inFlight: 0 } },
      { ...SERVING, replicas: { ...SERVING.replicas, coolDownMs: '5m' } },
      { ...SERVING, idleMs: -1 },
      { ...SERVING, coldStartMs: Number.NaN },
    ];
    for (const serving of impossible) assert.equal(servingOf(specWith(serving), 'production'), undefined);
  });

  it('takes whatever an artifact may hold', () => {
    fc.assert(
      fc.property(fc.anything(), (spec) => {
        assert.doesNotThrow(() => servingOf(spec, 'production'));
        assert.doesNotThrow(() => servingOf(specWith(spec), 'production'));
      }),
    );
  });
});

describe('room for requests that wait for a version to wake', () => {
  const MIB = 1024 * 1024;

  it('has an end in requests and in bytes, and gives back what it gave', () => {
    let room = EMPTY_ROOM;
    for (let request = 0; request < 512; request += 1) room = enter(room, 100)!;
    assert.equal(enter(room, 0), undefined);
    assert.notEqual(enter(leave(room, 100), 0), undefined);
    const full = enter(EMPTY_ROOM, 64 * MIB)!;
    assert.equal(enter(full, 1), undefined);
    assert.deepEqual(leave(full, 64 * MIB), EMPTY_ROOM);
  });

  it('lets a single large request in', () => {
    assert.notEqual(enter(EMPTY_ROOM, 500 * MIB), undefined);
  });
});
