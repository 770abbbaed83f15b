/** Releases that follow each other: whose turn it is, by the arbiter of the last environment. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  announceRelease,
  forgetDeployed,
  nextTurn,
  withdrawRelease,
} from '../../../src/domain/environment/announceRelease.js';
import { tellPlaces } from '../../../src/domain/environment/placesInLine.js';
import { newEnvironment } from '../../../src/domain/environment/newEnvironment.js';
import type { EnvironmentState } from '../../../src/domain/environment/types.js';

const empty = newEnvironment('m', 'production');
const announce = (state: EnvironmentState, order: number, whenBusy?: 'queue' | 'reject') =>
  announceRelease(state, { releaseId: `r${order}`, order, ...(whenBusy === undefined ? {} : { whenBusy }) });
const inLine = (...orders: readonly number[]): EnvironmentState =>
  orders.reduce((state, order) => announce(state, order, 'queue').state, empty);

test('the oldest of those in line has its turn, and keeps it until it has ended', () => {
  const first = nextTurn(inLine(3, 1, 2));
  assert.equal(first?.release.releaseId, 'r1');
  const { state } = first!;
  assert.equal(nextTurn(state), undefined);
  assert.equal(nextTurn(forgetDeployed(state, 'r1')), undefined, 'deployed is not ended');
  assert.equal(nextTurn(withdrawRelease(state, 'r1').state)?.release.releaseId, 'r2');
  assert.equal(nextTurn(empty), undefined);
});

test('who is in line supersedes nobody, and is no reason to supersede an older one', () => {
  const state = inLine(3);
  assert.equal(state.newest, undefined);
  assert.deepEqual(announce(state, 2, 'queue').supersede, []);
  assert.equal(announce(state, 2, 'queue').supersededBy, undefined);
  const turn = nextTurn(state)!.state;
  assert.deepEqual(turn.newest, { releaseId: 'r3', order: 3 });
  assert.deepEqual(announce(turn, 2, 'queue').supersededBy, { releaseId: 'r3', order: 3 });
});

test('one that takes the place of older ones takes it from those in line, too', () => {
  assert.deepEqual(announce(inLine(1, 2), 3).supersede, ['r1', 'r2']);
  assert.equal(nextTurn(announce(empty, 1).state), undefined, 'who is in no line is told nothing');
});

test('who does not wait is refused while another is on its way or in line, else goes on', () => {
  assert.deepEqual(announce(empty, 1, 'reject').turn, {});
  assert.deepEqual(announce(announce(empty, 1).state, 2, 'reject').turn, { refusedFor: 'r1' });
  assert.deepEqual(announce(inLine(1), 2, 'reject').turn, { refusedFor: 'r1' });
  assert.deepEqual(announce(announce(empty, 2).state, 1, 'reject').turn, { refusedFor: 'r2' }, 'of whichever age');
  assert.deepEqual(announce(inLine(1), 2, 'reject').state.announced.length, 1);
});

test('whose turn it was and who asks again is told again; who waits goes on waiting', () => {
  const waiting = inLine(1, 2);
  assert.equal(announce(waiting, 2, 'queue').turn, undefined);
  assert.deepEqual(announce(nextTurn(waiting)!.state, 1, 'queue').turn, {});
});

test('each in line is told once whom it waits for: the one right before it', () => {
  const listen = (state: EnvironmentState, order: number) =>
    announceRelease(state, { releaseId: `r${order}`, order, whenBusy: 'queue', listens: true }).state;
  const told = (state: EnvironmentState) => {
    const { places, first, state: next } = tellPlaces(state);
    return { next, first, said: places.map(({ releaseId, after }) => `${releaseId} after ${after}`) };
  };
  const line = [5, 3, 4].reduce(listen, announce(empty, 1).state);
  const once = told(line);
  assert.deepEqual(once.said.toSorted(), ['r3 after r1', 'r4 after r3', 'r5 after r4']);
  assert.equal(once.first, 'r1', 'whoever is on its way is looked after');
  assert.deepEqual([told(once.next).said, told(once.next).first], [[], undefined], 'they know');
  const left = told(withdrawRelease(once.next, 'r4').state);
  assert.deepEqual(left.said, ['r5 after r3'], 'an end is told to the one behind alone');
  const between = told(listen(left.next, 4));
  assert.deepEqual(between.said.toSorted(), ['r4 after r3', 'r5 after r4']);
  const turn = nextTurn(withdrawRelease(between.next, 'r1').state)!;
  assert.deepEqual(
    told(turn.state).said,
    [],
    'whose turn it is told itself, and who is behind it waits for the same one',
  );
});

test('who does not listen is told nothing, and counts as one before', () => {
  const line = announceRelease(inLine(1, 2), { releaseId: 'r3', order: 3, whenBusy: 'queue', listens: true }).state;
  assert.deepEqual(tellPlaces(nextTurn(line)!.state).places, [{ releaseId: 'r3', after: 'r2' }]);
});
