import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canaryProgress, describeCanary, needsTraffic } from '../../../src/domain/rollout/canaryProgress.js';
import type { RolloutView } from '../../../src/domain/rollout/types.js';

const STEP = { weight: 50, holdMs: 1_000, minRequests: 20, deadlineMs: 3_600_000 };
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
  const progress = canaryProgress({ view: VIEW, steps: [STEP], alone: false, ...more });
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

test('says nothing before the first step and after the last', () => {
  for (const status of ['deploying', 'aborting', 'completed', 'aborted'] as const)
    assert.equal(told({ view: { ...VIEW, status } }), undefined, status);
  assert.equal(told({ view: { ...VIEW, step: 1 } }), undefined);
});

test('waits for traffic until there is enough', () => {
  const progress = (requests: number) =>
    canaryProgress({ view: VIEW, steps: [STEP], alone: false, traffic: { candidate: { requests } } })!;
  assert.deepEqual([needsTraffic(progress(19)), needsTraffic(progress(20))], [true, false]);
});
