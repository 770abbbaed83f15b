/** A hotfix of a commit takes the place of the usual release of the same commit, whichever comes first. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { announceRelease, forgetRelease } from '../../../src/domain/environment/announceRelease.js';
import { newEnvironment } from '../../../src/domain/environment/newEnvironment.js';

const empty = newEnvironment('m', 'production');
const usual = { releaseId: 'release/m/c', order: 3 };
const hotfix = { releaseId: 'release/m/c.f00', order: 3, insteadOf: usual.releaseId };
const retrain = { releaseId: 'release/m/c.ab1', order: 3 };

test('one that waits gives way to a hotfix of its commit, and a retrain of it does not', () => {
  const { state } = announceRelease(announceRelease(empty, usual).state, retrain);
  const announced = announceRelease(state, hotfix);
  assert.deepEqual(announced.supersede, [usual.releaseId]);
  assert.deepEqual(
    announced.state.announced.map(({ releaseId }) => releaseId),
    [retrain.releaseId, hotfix.releaseId],
  );
});

test('one that comes while the hotfix is on its way gives way at once, and not any more when that has ended', () => {
  const { state } = announceRelease(empty, hotfix);
  const late = announceRelease(state, usual);
  assert.equal(late.supersededBy?.releaseId, hotfix.releaseId);
  assert.deepEqual(late.state, state);
  assert.equal(announceRelease(state, retrain).supersededBy, undefined);
  assert.equal(announceRelease(forgetRelease(state, hotfix.releaseId), usual).supersededBy, undefined);
});

test('one whose rollout is under way finishes first', () => {
  const version = { artifactDigest: `sha256:${'a'.repeat(64)}`, releaseId: usual.releaseId, commit: 'c' } as const;
  const request = { requestId: 'r', kind: 'release', version, order: 3 };
  const state = {
    ...announceRelease(empty, usual).state,
    active: { request } as unknown as NonNullable<typeof empty.active>,
  };
  assert.deepEqual(announceRelease(state, hotfix).supersede, []);
});
