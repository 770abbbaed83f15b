import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deliveryMetrics } from '../../../src/domain/insights/deliveryMetrics.js';
import { whereWaited } from '../../../src/domain/insights/whereWaited.js';
import type { ReleaseOutcome, ReleaseView, StageView } from '../../../src/domain/release/types.js';

const stage = (name: StageView['name'], startedAt: number, endedAt?: number, environment?: string): StageView => ({
  name,
  status: endedAt === undefined ? 'running' : 'passed',
  startedAt,
  ...(endedAt === undefined ? {} : { endedAt }),
  ...(environment === undefined ? {} : { environment }),
});
const release = (
  outcome: ReleaseOutcome | undefined,
  endedAt: number,
  stages: readonly StageView[],
  kind: 'commit' | 'retrain' = 'commit',
): ReleaseView => ({
  releaseId: 'release/m/c',
  model: 'm',
  repository: 'r',
  commit: 'c',
  order: 1,
  trigger: { kind, by: 'source/m', at: 50 },
  params: {},
  startedAt: 100,
  ...(outcome === undefined ? {} : { outcome, endedAt }),
  stages,
  decisions: [],
});
const approved = [
  stage('integrate', 100, 200),
  stage('build', 210, 400),
  stage('approve', 400, 1_000, 'production'),
  stage('deploy', 1_000, 1_100, 'production'),
];

test('shows where a release waited, the longest first, people apart', () => {
  const spans = whereWaited(release('promoted', 1_110, approved), 0);
  assert.deepEqual(
    spans.map(({ stage: name, environment, milliseconds, who }) => [name, environment, milliseconds, who]),
    [
      ['approve', 'production', 600, 'people'],
      ['build', undefined, 190, 'machines'],
      ['integrate', undefined, 100, 'machines'],
      ['deploy', 'production', 100, 'machines'],
      ['between stages', undefined, 20, 'machines'],
    ],
  );
});

test('what is under way lasts until now', () => {
  const [longest] = whereWaited(
    release(undefined, 0, [stage('integrate', 100, 200), stage('approve', 200, undefined, 'production')]),
    5_200,
  );
  assert.deepEqual([longest?.stage, longest?.milliseconds], ['approve', 5_000]);
});

test('shares add up to the whole, whatever the stages', () => {
  const time = fc.integer({ min: 0, max: 1_000 });
  fc.assert(
    fc.property(fc.array(time, { maxLength: 12 }), time, (steps, rest) => {
      let at = 100;
      const stages = steps.map((step) => stage('verify', at, (at += step)));
      const spans = whereWaited(release('promoted', at + rest, stages), 0);
      const sum = spans.reduce((total, span) => total + span.share, 0);
      assert.ok(spans.length === 0 || Math.abs(sum - 1) < 1e-9);
    }),
  );
});

test('counts over releases: lead time, human wait, blocks, rollbacks, retrains', () => {
  const gated = [...approved, stage('gate', 1_100, 1_105, 'staging')];
  const metrics = deliveryMetrics(
    [
      release('promoted', 1_110, gated),
      release('promoted', 3_110, approved),
      release('blocked', 500, [stage('gate', 400, 500, 'staging')]),
      release('rolled_back', 2_000, approved),
      release('failed', 200, [stage('integrate', 100, 200)]),
      release('blocked', 500, [stage('gate', 400, 500, 'staging')], 'retrain'),
      release(undefined, 0, [stage('integrate', 100)]),
    ],
    5_000,
  );
  assert.deepEqual([metrics.releases, metrics.underWay], [7, 1]);
  assert.deepEqual(metrics.outcomes, { promoted: 2, blocked: 2, rolled_back: 1, failed: 1 });
  assert.deepEqual(metrics.leadTime, { count: 2, median: 2_060, p90: 3_060, max: 3_060 });
  assert.deepEqual(metrics.humanWait, { count: 3, median: 600, p90: 600, max: 600 });
  assert.deepEqual(metrics.gateBlocks, { count: 2, of: 3, share: 2 / 3 });
  assert.deepEqual(metrics.rollbacks, { count: 1, of: 3, share: 1 / 3 });
  assert.deepEqual(metrics.retrainWins, { count: 0, of: 1, share: 0 });
  assert.deepEqual(metrics.stages.map(({ stage: name, total }) => [name, total]).slice(0, 2), [
    ['integrate', 5_300],
    ['between stages', 3_545],
  ]);
});

test('of nothing there is nothing to tell, and no share of it', () => {
  const metrics = deliveryMetrics([], 0);
  assert.deepEqual(metrics, {
    releases: 0,
    underWay: 0,
    outcomes: {},
    stages: [],
    gateBlocks: { count: 0, of: 0 },
    rollbacks: { count: 0, of: 0 },
    retrainWins: { count: 0, of: 0 },
    bypasses: { hotfixes: 0, freezeOverrides: 0, breakGlass: 0 },
  });
});
