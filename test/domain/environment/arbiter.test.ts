import assert from 'node:assert/strict';
import { test } from 'node:test';
import { announceRelease, withdrawRelease } from '../../../src/domain/environment/announceRelease.js';
import { chooseRollback } from '../../../src/domain/environment/chooseRollback.js';
import { enqueue } from '../../../src/domain/environment/enqueue.js';
import { expireLease, returnLease, takeLease } from '../../../src/domain/environment/lease.js';
import { newEnvironment } from '../../../src/domain/environment/newEnvironment.js';
import { settle, type PassageOutcome } from '../../../src/domain/environment/settle.js';
import { startNext } from '../../../src/domain/environment/startNext.js';
import type { DeploymentRequest, EnvironmentState } from '../../../src/domain/environment/types.js';
import { request, version } from './requests.js';

const empty = newEnvironment('m', 'production');
const completed: PassageOutcome = { kind: 'completed', steps: [] };
const aborted: PassageOutcome = { kind: 'aborted', reason: 'errors', steps: [], trafficRestored: true };

const announce = (state: EnvironmentState, order: number, rerun = ''): EnvironmentState =>
  announceRelease(state, { releaseId: version(order, rerun).releaseId, order }).state;
const begin = (state: EnvironmentState, wanted: DeploymentRequest): EnvironmentState =>
  startNext(enqueue(state, wanted).state, 10).state;
const pass = (
  state: EnvironmentState,
  wanted: DeploymentRequest,
  outcome: PassageOutcome = completed,
): EnvironmentState => {
  const started = begin(state, wanted);
  return settle(started, started.epoch, outcome, 20).state;
};
const release = (state: EnvironmentState, order: number): EnvironmentState => pass(state, request('release', order));

test('a release becomes champion, and what was champion is the previous one', () => {
  const state = release(release(empty, 1), 2);
  assert.deepEqual([state.champion, state.previous, state.epoch], [version(2), version(1), 2]);
  assert.deepEqual(
    state.history.map((entry) => [entry.epoch, entry.outcome, entry.order, entry.startedAt, entry.endedAt]),
    [
      [2, 'deployed', 2, 10, 20],
      [1, 'deployed', 1, 10, 20],
    ],
  );
});

test('a passage that was aborted changes the champion nowhere', () => {
  const state = pass(release(empty, 1), request('release', 2), aborted);
  assert.deepEqual([state.champion, state.previous], [version(1), undefined]);
  assert.equal(state.history[0]?.reason, 'errors');
});

test('a release that takes back what it asked for hears what became of it, and nothing late is deployed', () => {
  const [first, second] = [request('release', 1), request('release', 2)];
  const moving = begin(empty, first);
  assert.deepEqual(withdrawRelease(moving, first.version.releaseId, first).replies, [], 'its passage has not ended');
  const waited = withdrawRelease(enqueue(moving, second).state, second.version.releaseId, second);
  assert.deepEqual(waited.replies, [{ request: second, settled: waited.state.settled[0] }]);
  const unheard = withdrawRelease(moving, second.version.releaseId, second);
  assert.equal(unheard.replies[0]?.settled.outcome.kind, 'refused');
  assert.deepEqual(enqueue(unheard.state, second).state.queue, []);
  const deployed = release(empty, 1);
  assert.equal(withdrawRelease(deployed, first.version.releaseId, first).replies[0]?.settled.outcome.kind, 'deployed');
});

test('that nothing serves after a first version was rejected is said', () => {
  assert.match(pass(empty, request('release', 1), aborted).history[0]?.reason ?? '', /nothing serves/);
  assert.equal(pass(release(empty, 1), request('release', 2), aborted).history[0]?.reason, 'errors');
});

test('traffic that could not be given back is said', () => {
  const state = pass(release(empty, 1), request('release', 2), { ...aborted, trafficRestored: false });
  assert.match(state.history[0]?.reason ?? '', /could not be given back/);
});

test('settling names the pointer, answers the release, and is done once', () => {
  const started = begin(empty, request('release', 1));
  const first = settle(started, 1, completed, 20);
  assert.ok(first.kind === 'settled');
  assert.deepEqual(first.pointer, {
    model: 'm',
    environment: 'production',
    epoch: 1,
    artifactDigest: 'sha256:v1',
    releaseId: 'release/m/c1',
    at: 20,
  });
  assert.equal(first.request.replyTo, 'release/m/c1');
  assert.deepEqual(first.settled.outcome, { kind: 'deployed' });
  assert.equal(settle(first.state, 1, aborted, 30).kind, 'ignored');
  assert.equal(settle(started, 0, completed, 30).kind, 'ignored');
});

test('a newer announcement supersedes older releases, also those whose request waits', () => {
  const waiting = enqueue(begin(announce(announce(empty, 1), 2), request('release', 2)), request('release', 3)).state;
  const announced = announceRelease(announce(waiting, 3), { releaseId: 'release/m/c4', order: 4 });
  assert.deepEqual(announced.supersede, ['release/m/c3']);
  assert.deepEqual(
    announced.replies.map(({ request: of, settled }) => [of.replyTo, settled.outcome]),
    [['release/m/c3', { kind: 'superseded', by: 'release/m/c4' }]],
  );
  assert.deepEqual(announced.state.queue, []);
});

test('a release whose traffic moves is past the point of no return', () => {
  const moving = begin(announce(empty, 1), request('release', 1));
  const announced = announceRelease(moving, { releaseId: 'release/m/c2', order: 2 });
  assert.deepEqual([announced.supersede, announced.state.active?.request.order], [[], 1]);
});

test('a release that is older than one on its way gives way itself', () => {
  const announced = announceRelease(announce(empty, 2), { releaseId: 'release/m/c1', order: 1 });
  assert.deepEqual(announced.supersede, []);
  assert.equal(announced.supersededBy?.releaseId, 'release/m/c2');
  const [reply] = enqueue(announced.state, request('release', 1)).replies;
  assert.deepEqual(reply?.settled.outcome, { kind: 'superseded', by: 'release/m/c2' });
});

test('announcing twice changes nothing', () => {
  const once = announce(empty, 1);
  assert.deepEqual(announceRelease(once, { releaseId: 'release/m/c1', order: 1 }), {
    state: once,
    supersede: [],
    replies: [],
  });
});

test('a release that ended supersedes nobody any more', () => {
  const ended = withdrawRelease(announce(empty, 3), 'release/m/c3').state;
  assert.equal(ended.newest, undefined);
  assert.equal(announceRelease(ended, { releaseId: 'release/m/c1.7f3a', order: 1 }).supersededBy, undefined);
});

test('a release that ended takes its waiting request back', () => {
  const waiting = enqueue(begin(empty, request('release', 1)), request('release', 2)).state;
  const { state } = withdrawRelease(waiting, 'release/m/c2');
  assert.deepEqual(state.queue, []);
  assert.equal(state.settled[0]?.outcome.kind, 'refused');
});

test('an older commit than the one deployed is outdated, but a rerun of it was meant', () => {
  const state = release(empty, 3);
  assert.equal(enqueue(state, request('release', 1)).replies[0]?.settled.outcome.kind, 'superseded');
  const rerun = request('release', 1, { requestId: 'again', version: version(1, '.7f3a') });
  assert.deepEqual(enqueue(state, rerun).replies, []);
  assert.equal(enqueue(announce(state, 4), rerun).replies[0]?.settled.outcome.kind, 'superseded');
});

test('a request that is repeated waits once, and afterwards hears the same answer', () => {
  const once = enqueue(empty, request('release', 1)).state;
  assert.deepEqual(enqueue(once, request('release', 1)), { state: once, replies: [] });
  const active = startNext(once, 1).state;
  assert.deepEqual(enqueue(active, request('release', 1)), { state: active, replies: [] });
  const done = settle(active, 1, completed, 2).state;
  const [reply] = enqueue(done, request('release', 1)).replies;
  assert.deepEqual([reply?.settled.outcome, reply?.settled.epoch], [{ kind: 'deployed' }, 1]);
});

test('a newer request supersedes an older one that waits, also where nothing was announced', () => {
  const busy = enqueue(begin(empty, request('release', 1)), request('release', 2)).state;
  const { state, replies } = enqueue(busy, request('release', 3));
  assert.deepEqual(
    replies.map(({ request: of, settled }) => [of.order, settled.outcome]),
    [[2, { kind: 'superseded', by: 'release/m/c3' }]],
  );
  assert.deepEqual(
    state.queue.map((waiting) => waiting.order),
    [3],
  );
});

test('repairs go to the front, and make a release under way give way', () => {
  const busy = enqueue(begin(release(release(empty, 1), 2), request('release', 3)), request('release', 4)).state;
  const remediation = enqueue(busy, request('remediation', 1));
  const rollback = enqueue(remediation.state, request('rollback', 1));
  assert.deepEqual(
    rollback.state.queue.map((waiting) => waiting.kind),
    ['rollback', 'remediation', 'release'],
  );
  assert.equal(rollback.abort?.epoch, 3);
  assert.match(rollback.abort?.reason ?? '', /rollback goes first/);
});

test('a rollback does not abort another repair', () => {
  const busy = begin(release(release(empty, 1), 2), request('remediation', 1));
  assert.equal(enqueue(busy, request('rollback', 1)).abort, undefined);
});

test('one passage at a time, each in an epoch of its own', () => {
  const busy = begin(empty, request('release', 1));
  const second = enqueue(busy, request('release', 2)).state;
  assert.equal(startNext(second, 5).start, undefined);
  assert.equal(startNext(settle(second, 1, aborted, 6).state, 7).start?.epoch, 2);
});

test('what runs already is deployed without a passage, and cannot be rolled back to', () => {
  const state = release(empty, 1);
  const again = startNext(enqueue(state, request('release', 1, { requestId: 'again' })).state, 5);
  assert.deepEqual([again.start, again.state.epoch, again.state.queue.length], [undefined, 1, 0]);
  assert.deepEqual(again.replies[0]?.settled.outcome, { kind: 'deployed' });
  const back = startNext(enqueue(state, request('rollback', 1)).state, 5);
  assert.equal(back.replies[0]?.settled.outcome.kind, 'refused');
});

test('what waits behind such a request starts at once', () => {
  const state = enqueue(
    enqueue(release(empty, 1), request('release', 1, { requestId: 'again' })).state,
    request('remediation', 9),
  ).state;
  const twice = { ...state, queue: [...state.queue].reverse() };
  assert.equal(startNext(twice, 5).start?.request.kind, 'remediation');
});

test('after a rollback the previous version is the one before, not the bad one', () => {
  const three = release(release(release(empty, 1), 2), 3);
  const back = pass(three, request('rollback', 2));
  assert.deepEqual([back.champion, back.previous, back.championOrder], [version(2), version(1), 2]);
  const further = pass(back, request('rollback', 1));
  assert.deepEqual([further.champion, further.previous], [version(1), undefined]);
  assert.equal(release(further, 4).previous?.commit, 'c1');
});

test('a rollback needs somewhere to go', () => {
  assert.equal(chooseRollback(release(empty, 1)).kind, 'refused');
  assert.equal(chooseRollback(release(empty, 1), version(1)).kind, 'refused');
  assert.deepEqual(chooseRollback(release(release(empty, 1), 2)), { kind: 'chosen', version: version(1) });
  assert.deepEqual(chooseRollback(release(empty, 1), version(7)), { kind: 'chosen', version: version(7) });
});

test('a rollback that has nowhere to go says what ends a passage under way', () => {
  const canary = begin(release(empty, 1), request('release', 2));
  for (const choice of [chooseRollback(canary), chooseRollback(canary, version(1))]) {
    assert.ok(choice.kind === 'refused');
    assert.match(choice.reason, /a release is under way there, which `slipway rollout abort \S+ \S+` ends$/);
  }
});

test('after a loss of the engine the next epoch is above everything known', () => {
  const state = newEnvironment('m', 'production', { epoch: 41, champion: version(1) });
  assert.equal(begin(state, request('release', 2)).epoch, 42);
});

test('one incident at a time repairs an environment', () => {
  const first = takeLease(empty, 'incident/a', 100, 50);
  assert.deepEqual(first.receipt, { granted: true, holder: 'incident/a' });
  assert.deepEqual(takeLease(first.state, 'incident/b', 120, 50).receipt, { granted: false, holder: 'incident/a' });
  const again = takeLease(first.state, 'incident/a', 120, 50);
  assert.deepEqual([again.receipt.granted, again.state.lease?.deadline], [true, 150]);
  assert.deepEqual(takeLease(first.state, 'incident/b', 150, 50).receipt, { granted: true, holder: 'incident/b' });
  assert.equal(expireLease(first.state, 149).lease?.incidentId, 'incident/a');
  assert.equal(expireLease(first.state, 150).lease, undefined);
  assert.equal(returnLease(first.state, 'incident/b').lease?.incidentId, 'incident/a');
  assert.equal(returnLease(first.state, 'incident/a').lease, undefined);
});
