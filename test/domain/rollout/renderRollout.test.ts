import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderRollout } from '../../../src/domain/rollout/renderRollout.js';
import type { RolloutView, StepAnalysis } from '../../../src/domain/rollout/types.js';

const look: StepAnalysis = { step: 0, weight: 25, verdict: 'pass', reason: 'sound', measurements: [], requests: 60 };
const view: RolloutView = {
  ...{ model: 'flights', environment: 'production', epoch: 3, status: 'waiting', step: 0, weight: 25 },
  steps: [{ ...look, phase: 'shadow', weight: 0 }, look],
};

test('says whose word it waits for, what silence leads to, and what each phase found', () => {
  const until = Date.UTC(2001, 0, 2);
  const text = renderRollout({ ...view, awaits: { step: 0, roles: ['operator', 'reviewer'], since: 0, until } });
  assert.match(text, /Step 1 has passed, and waits until one of operator, reviewer lets it go on/);
  assert.match(text, /on 2001-01-02 00:00 UTC all traffic goes back/);
  assert.match(text, /^\| shadow \| 0 % \| 60 \| pass \| sound \|$/m);
  assert.match(text, /^\| 1 \| 25 % \| 60 \| pass \| sound \|$/m);
});

test('says who let it go on, and no link or image that somebody wrote', () => {
  const words = [{ step: 0, by: 'oncall', reason: '![x](https://example.org)', at: 1 }];
  const text = renderRollout({ ...view, status: 'holding', words });
  assert.match(text, /Behind step 1 oncall let it go on: /);
  assert.doesNotMatch(text, /!\[x\]\(/);
});
