import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plotShares, sharesToCome } from '../../../src/domain/rollout/plotShares.js';
import { rolloutOnRecord } from '../../../src/domain/rollout/rolloutOnRecord.js';
import { sayStanding, type StandingFacts } from '../../../src/domain/rollout/sayStanding.js';
import { ANALYSED, SHIFTED } from '../../../src/domain/rollout/shareOf.js';
import type { RolloutView } from '../../../src/domain/rollout/types.js';

const VIEW: RolloutView = {
  ...{ model: 'm', environment: 'production', epoch: 2, status: 'holding', step: 0, weight: 10, steps: [] },
};
const standing = (view: Partial<RolloutView>, change: Partial<StandingFacts> = {}): string | undefined =>
  sayStanding({
    view: { ...VIEW, ...view },
    steps: [{ holdMs: 60_000, minRequests: 100 }],
    ...{ shiftedAt: 0, requests: 7, promoted: false },
    ...change,
  });

test('what a rollout waits for is said in words, for everything that it may be at', () => {
  const paused = { by: 'oncall', reason: 'odd' };
  const until = 'the hold until 1970-01-01 00:01 UTC of step 1 at 10 %, with 7 of 100 requests so far';
  assert.equal(standing({}), until);
  assert.equal(standing({ paused }), `${until}; then somebody to resume it: paused by oncall, odd`);
  assert.equal(standing({}, { promoted: true }), 'the next look at step 1 at 10 %, with 7 of 100 requests so far');
  assert.equal(standing({ status: 'analysing' }), 'the look at step 1 at 10 %, with 7 of 100 requests');
  assert.equal(standing({ status: 'paused', paused }), 'somebody to resume it: paused by oncall, odd');
  assert.equal(standing({ status: 'held', held: 'a freeze' }), 'an end of what holds it: a freeze');
  assert.equal(standing({ status: 'deploying' }), 'the server of the candidate to be ready');
  assert.equal(standing({ status: 'aborting' }), 'all traffic to be back where it was');
  assert.equal(standing({ status: 'completed' }), 'its end to be written down');
  assert.equal(standing({ step: 3 }), 'step 4 at 10 %');
});

test('shares are bars: as long as they are large, and lighter where they are still planned', () => {
  const bars = plotShares([{ at: 0, weight: 0.1 }, { at: 61_000, weight: 50 }, { weight: 100 }]);
  assert.deepEqual(bars, [
    '00:00:00   0.1 % █',
    `00:01:01    50 % ${'█'.repeat(15)}`,
    `planned    100 % ${'░'.repeat(30)}`,
  ]);
  assert.deepEqual(plotShares([{ at: 0, weight: 0 }]), ['00:00:00     0 %']);
  const steps = [{ weight: 10 }, { weight: 50 }];
  assert.deepEqual(sharesToCome(steps, 10, true), [{ weight: 50 }, { weight: 100 }]);
  assert.deepEqual(sharesToCome(steps, 100, true), []);
  assert.deepEqual(sharesToCome([{ weight: 100 }], 0, true), [{ weight: 100 }]);
  assert.deepEqual([sharesToCome(steps, 10, false), sharesToCome([], 0, true)], [[], []]);
});

test('the stream of a rollout tells its shares, its looks, and who had the traffic before', () => {
  const [candidate, champion] = [`sha256:${'c'.repeat(64)}`, `sha256:${'a'.repeat(64)}`] as const;
  const shares = (weight: number) => [
    { artifactDigest: champion, releaseId: 'release/m/a', weight: 100 - weight },
    { artifactDigest: candidate, releaseId: 'release/m/c', weight },
  ];
  const look = { step: 0, weight: 10, verdict: 'pass', reason: 'same', evidence: champion } as const;
  const record = rolloutOnRecord(
    [
      { kind: SHIFTED, at: 1, body: { weights: shares(10) } },
      { kind: ANALYSED, at: 2, body: { ...look, carried: 10 } },
      { kind: SHIFTED, at: 3, body: { weights: shares(0).slice(0, 1) } },
      { kind: 'rollout.aborted', at: 4, body: { by: 'oncall', reason: 'odd', at: 4 } },
      { kind: SHIFTED, at: 5, body: {} },
    ],
    candidate,
  );
  assert.deepEqual(record, {
    shifts: [1, 3, 5].map((at) => ({ at, weight: at === 1 ? 10 : 0 })),
    looks: [{ at: 2, ...look }],
    said: [{ kind: 'abort', by: 'oncall', reason: 'odd', at: 4 }],
    champion: { artifactDigest: champion, releaseId: 'release/m/a' },
  });
  assert.equal(rolloutOnRecord([], candidate).champion, undefined);
});
