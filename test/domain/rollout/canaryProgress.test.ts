import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canaryProgress, describeCanary, needsTraffic } from '../../../src/domain/rollout/canaryProgress.js';
import type { BlueGreenSpec, CanarySpec } from '../../../src/domain/spec/types.js';
import type { RolloutView } from '../../../src/domain/rollout/types.js';

const STEP = { weight: 50, holdMs: 1_000, minRequests: 20, deadlineMs: 3_600_000 };
const analysis = { maxErrorRateIncrease: 0, maxLatencyRatio: 1, maxPredictionDistance: 0, maxFeatureDistance: 0 };
const { weight: _, ...LASTS } = STEP;
const ROLLOUT: CanarySpec = { strategy: 'canary', steps: [STEP], analysis };
const VIEW: RolloutView = {
  model: 'flights',
  environment: 'production',
  epoch: 1,
  status: 'holding',
  step: 0,
  weight: 50,
  steps: [],
};
const told = (more: Partial<Parameters<typeof canaryProgress>[0]>): string | undefined => {
  const progress = canaryProgress({ view: VIEW, rollout: ROLLOUT, alone: false, ...more });
  return progress === undefined ? undefined : describeCanary(progress);
};

test('says step, share, requests and deadline', () => {
  const traffic = { acceptedAt: Date.UTC(2001, 0, 1, 13, 5), candidate: { requests: 2 } };
  assert.equal(
    told({ traffic }),
    'canary in production, step 1 of 1, holding: 50 %: 2 of 20 requests, until 2001-01-01 14:05 UTC',
  );
  assert.match(told({ traffic, alone: true }) ?? '', /50 %, all traffic as there is no champion: 2 of 20 requests/);
  assert.match(told({}) ?? '', /: unknown of 20 requests$/);
});

test('says which phase it is in that is no step', () => {
  const shadow = { copies: 25, ...LASTS, analysis };
  const shadowed = { view: { ...VIEW, phase: 'shadow' as const, weight: 0 }, rollout: { ...ROLLOUT, shadow } };
  assert.equal(
    told(shadowed),
    'canary in production, shadow, holding: copies of 25 % of the requests: unknown of 20 requests',
  );
  const { minRequests, deadlineMs } = STEP;
  const rollout: BlueGreenSpec = { strategy: 'blueGreen', keepMs: 1_000, minRequests, deadlineMs, analysis };
  const switched = { view: { ...VIEW, phase: 'switch' as const, weight: 100 }, rollout };
  assert.equal(
    told(switched),
    'blue/green in production, switched, holding: 100 %, with what ran before kept beside it: unknown of 20 requests',
  );
  assert.equal(told({ view: VIEW, rollout }), undefined, 'it has no steps');
});

test('says whose word it waits for, and that traffic does not help', () => {
  const awaits = { step: 0, roles: ['operator', 'reviewer'], since: 0, until: Date.UTC(2001, 0, 2) };
  const view: RolloutView = { ...VIEW, status: 'waiting', awaits };
  assert.equal(
    told({ view }),
    'canary in production, step 1 of 1, waiting: 50 %: waits for the word of operator or reviewer, until 2001-01-02 00:00 UTC',
  );
  assert.equal(needsTraffic(canaryProgress({ view, rollout: ROLLOUT, alone: false })!), false);
});

test('says nothing before the first step and after the last', () => {
  for (const status of ['deploying', 'aborting', 'completed', 'aborted'] as const)
    assert.equal(told({ view: { ...VIEW, status } }), undefined, status);
  assert.equal(told({ view: { ...VIEW, step: 1 } }), undefined);
});

test('waits for traffic until there is enough', () => {
  const progress = (requests: number) =>
    canaryProgress({ view: VIEW, rollout: ROLLOUT, alone: false, traffic: { candidate: { requests } } })!;
  assert.deepEqual([needsTraffic(progress(19)), needsTraffic(progress(20))], [true, false]);
});
