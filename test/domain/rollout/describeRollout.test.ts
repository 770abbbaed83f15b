import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeRollout } from '../../../src/domain/rollout/describeRollout.js';
import type { AnalysisSpec } from '../../../src/domain/spec/types.js';

test('a rollout in one line', () => {
  assert.equal(describeRollout({ strategy: 'immediate' }), 'Rollout: immediate, 100 % of the traffic at once.');
  const step = (weight: number, holdMs: number) => ({ weight, holdMs, minRequests: 20, deadlineMs: 3_600_000 });
  assert.equal(
    describeRollout({
      strategy: 'canary',
      steps: [step(10, 600_000), step(100, 1_500), step(100, 86_400_000)],
      analysis: {} as AnalysisSpec,
    }),
    'Rollout: canary, 10 % for 10m and 20 requests, then 100 % for 1500ms and 20 requests, then 100 % for 1d and 20 requests; all traffic goes back where a step is not passed.',
  );
  const shadow = { copies: 25, holdMs: 60_000, minRequests: 20, deadlineMs: 3_600_000, analysis: {} as AnalysisSpec };
  const asked = { ...step(25, 0), approve: { roles: ['reviewer'], deadlineMs: 1 } };
  assert.equal(
    describeRollout({ strategy: 'canary', shadow, steps: [asked], analysis: {} as AnalysisSpec }),
    'Rollout: canary, a shadow with copies of 25 % for 1m and 20 requests, then 25 % for 0ms and 20 requests and the word of operator or reviewer; all traffic goes back where a step is not passed.',
  );
  const { weight: _, holdMs: keepMs, ...rest } = step(100, 600_000);
  assert.equal(
    describeRollout({ strategy: 'blueGreen', keepMs, ...rest, analysis: {} as AnalysisSpec }),
    'Rollout: blue/green, 100 % in one switch, what ran before kept for 10m and 20 requests; all traffic goes back where that is not passed.',
  );
});
