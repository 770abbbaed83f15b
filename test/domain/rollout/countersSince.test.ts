import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Digest } from '../../../src/domain/artifact/types.js';
import { countersSince } from '../../../src/domain/rollout/countersSince.js';
import { noTraffic } from '../../../src/domain/rollout/noTraffic.js';

const A: Digest = `sha256:${'a'.repeat(64)}`;
const counted = (requests: number, failures = 0) => ({
  ...noTraffic(A),
  ...{ requests, failures, rows: requests, predictions: [requests] },
  features: { hour: [requests, 0] },
});

describe('countersSince', () => {
  it('adds up what every replica counted since, and all of one that came later', () => {
    const since = countersSince(A, { one: counted(10, 1), gone: counted(3) }, { one: counted(15, 2), two: counted(4) });
    assert.deepEqual(
      [since?.requests, since?.failures, since?.rows, since?.predictions[0], since?.features['hour']],
      [9, 1, 9, 9, [9, 0]],
    );
  });
  it('carries what replicas leave out where there is none: it grows as the rest does', () => {
    const then = { one: { ...counted(5), restarts: 1, ejections: 2 }, two: counted(1) };
    const now = {
      one: { ...counted(9), restarts: 4, ejections: 2, refused: 3 },
      two: { ...counted(2), droppedCopies: 7 },
      three: { ...counted(1), restarts: 2 },
    };
    const since = countersSince(A, then, now);
    assert.deepEqual(
      [since?.restarts, since?.ejections, since?.refused, since?.droppedCopies, since?.requests],
      [5, 0, 3, 7, 6],
    );
  });
  it('is nothing where nobody counted', () => assert.deepEqual(countersSince(A, {}, {}), noTraffic(A)));
  it('is unknown where one replica does not say, now or then', () => {
    assert.equal(countersSince(A, {}, { one: counted(1), two: null }), undefined);
    assert.equal(countersSince(A, { one: null }, { one: counted(1) }), undefined);
  });
});
