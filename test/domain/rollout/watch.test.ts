import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest } from '../../../src/domain/artifact/types.js';
import type { ObservedVersion } from '../../../src/domain/rollout/types.js';
import { isWatched, watchAfter, whyUnready } from '../../../src/domain/rollout/watch.js';

const MINUTE = 60_000;
const watches = (heldMs: number): number => {
  let times = 0;
  for (let at = watchAfter(0); at < heldMs; at += watchAfter(at)) times += 1;
  return times;
};

test('it is watched each minute, and then each twentieth of its time: a long phase is a bounded number', () => {
  assert.deepEqual([watches(MINUTE), watches(10 * MINUTE)], [0, 9]);
  assert.deepEqual([watches(60 * MINUTE), watches(24 * 60 * MINUTE), watches(30 * 24 * 60 * MINUTE)], [42, 107, 177]);
});

const analysis = { maxErrorRateIncrease: 0, maxLatencyRatio: 1, maxPredictionDistance: 0, maxFeatureDistance: 0 };
const lasting = (holdMs: number, deadlineMs: number) => ({ weight: 10, holdMs, minRequests: 1, deadlineMs });

test('a phase is watched that lasts for long, unless it says itself how often it is looked at', () => {
  assert.equal(isWatched({ step: lasting(0, MINUTE), analysis }), false);
  assert.equal(isWatched({ step: lasting(0, 2 * MINUTE), analysis }), true);
  assert.equal(isWatched({ step: lasting(2 * MINUTE, MINUTE), analysis }), true);
  assert.equal(isWatched({ step: lasting(60 * MINUTE, MINUTE), analysis: { ...analysis, intervalMs: 1_000 } }), false);
});

const candidate: Digest = `sha256:${'c'.repeat(64)}`;
const champion: Digest = `sha256:${'a'.repeat(64)}`;
const version = (artifactDigest: Digest, more: Partial<ObservedVersion>): ObservedVersion => ({
  ...{ artifactDigest, weight: 50, role: 'candidate', ready: false, restarts: 0 },
  ...more,
});
const why = (own: Partial<ObservedVersion>, others: Partial<ObservedVersion> = { ready: true }) =>
  whyUnready({ versions: [version(champion, others), version(candidate, own)] }, { candidate, champion });

test('a candidate of which nothing answers is at fault, unless nothing of the champion does', () => {
  assert.equal(why({ reason: 'killed' }), 'killed');
  assert.equal(why({}), 'the target does not say why');
  assert.equal(why({ servedDigest: champion, reason: 'serves another one' }), 'serves another one');
  assert.equal(whyUnready({ versions: [] }, { candidate }), 'the target has no such version');
  assert.equal(whyUnready(undefined, { candidate }), 'the target has no such version');
  assert.equal(why({ ready: true }), undefined);
  assert.equal(why({ reason: 'killed' }, { ready: false }), undefined);
});

test('a first version has nobody to share its fault with', () => {
  const down = version(candidate, { reason: 'killed' });
  assert.equal(whyUnready({ versions: [down] }, { candidate }), 'killed');
  assert.equal(whyUnready({ versions: [down] }, { candidate, champion: candidate }), 'killed');
});

test('a candidate that waits for one more of its replicas serves', () => {
  assert.equal(why({ servedDigest: candidate, reason: '2 of 3 Pods are available' }), undefined);
});

test('a champion that waits for one more of its replicas is no excuse', () => {
  const others = { servedDigest: champion, reason: '2 of 3 Pods are available' };
  assert.equal(why({ reason: 'killed' }, others), 'killed');
});
