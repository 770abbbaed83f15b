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

const [CANDIDATE, CHAMPION]: readonly Digest[] = [`sha256:${'c'.repeat(64)}`, `sha256:${'a'.repeat(64)}`];
const version = (artifactDigest: Digest, ready: boolean, reason?: string): ObservedVersion => ({
  ...{ artifactDigest, ready, restarts: 0, weight: 50, role: 'candidate' },
  ...(reason === undefined ? {} : { reason }),
});
const both = { candidate: CANDIDATE!, champion: CHAMPION! };

test('a candidate of which nothing serves is told, with the reason of its target', () => {
  const beside = version(CHAMPION!, true);
  assert.equal(whyUnready({ versions: [version(CANDIDATE!, true), beside] }, both), undefined);
  assert.equal(whyUnready({ versions: [version(CANDIDATE!, false, 'killed'), beside] }, both), 'killed');
  assert.equal(whyUnready({ versions: [version(CANDIDATE!, false), beside] }, both), 'the target does not say why');
  assert.equal(whyUnready({ versions: [beside] }, both), 'the target has no such version');
  assert.equal(whyUnready(undefined, both), 'the target has no such version');
});

test('what the champion has as well is not its fault, and a first version has nobody to share it with', () => {
  const down = version(CANDIDATE!, false, 'killed');
  assert.equal(whyUnready({ versions: [down, version(CHAMPION!, false)] }, both), undefined);
  assert.equal(whyUnready({ versions: [down] }, { candidate: CANDIDATE! }), 'killed');
  assert.equal(whyUnready({ versions: [down] }, { candidate: CANDIDATE!, champion: CANDIDATE! }), 'killed');
});
