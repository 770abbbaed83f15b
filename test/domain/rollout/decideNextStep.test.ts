import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Verdict } from '../../../src/domain/gate/types.js';
import { decideNextStep, type NextStep, type StepState } from '../../../src/domain/rollout/decideNextStep.js';
import { afterLook, afterResume, NO_LOOKS, type LookTally } from '../../../src/domain/rollout/lookTally.js';

const step = { weight: 10, holdMs: 5_000, minRequests: 100, deadlineMs: 60_000 };
const state: StepState = { step, last: false, elapsedMs: 5_000 };
const looked = (verdict: Verdict, change: Partial<StepState> = {}): StepState => ({
  ...state,
  analysis: { verdict, reason: 'r' },
  ...change,
});
const tally = (change: Partial<LookTally>): LookTally => ({ ...NO_LOOKS, ...change });

const rows: readonly (readonly [string, StepState, NextStep['kind'], number?])[] = [
  ['before the hold is over', { ...state, elapsedMs: 1_000 }, 'hold', 4_000],
  ['after the hold, before a look', state, 'hold', 0],
  ['passed', looked('pass'), 'advance'],
  ['passed on the last step', looked('pass', { last: true }), 'complete'],
  ['passed before the hold is over', looked('pass', { elapsedMs: 4_000 }), 'hold', 1_000],
  ['failed', looked('fail'), 'abort'],
  ['failed before the hold is over', looked('fail', { elapsedMs: 0 }), 'abort'],
  ['error', looked('error'), 'abort'],
  ['too little data', looked('insufficient_data'), 'hold', 5_000],
  ['undecided', looked('inconclusive'), 'hold', 5_000],
  ['undecided for long', looked('inconclusive', { elapsedMs: 40_000 }), 'hold', 10_000],
  ['undecided shortly before the deadline', looked('inconclusive', { elapsedMs: 58_000 }), 'hold', 2_000],
  ['too little data at the deadline', looked('insufficient_data', { elapsedMs: 60_000 }), 'abort'],
  ['undecided at the deadline', looked('inconclusive', { elapsedMs: 60_000 }), 'abort'],
  ['failed, which once may be', looked('fail', { limits: { failureLimit: 1 } }), 'hold', 5_000],
  [
    'failed twice, which once may be',
    looked('fail', { limits: { failureLimit: 1 }, tally: tally({ failed: 2 }) }),
    'abort',
  ],
  [
    'passed after a failure that may be',
    looked('pass', { limits: { failureLimit: 1 }, tally: tally({ failed: 1 }) }),
    'advance',
  ],
  ['an error, which may be once in a row', looked('error', { limits: { errorLimit: 1 } }), 'hold', 5_000],
  ['errors in a row', looked('error', { limits: { errorLimit: 1 }, tally: tally({ errors: 2 }) }), 'abort'],
  ['undecided oftener than may be', looked('inconclusive', { limits: { inconclusiveLimit: 0 } }), 'pause'],
  ['undecided as often as may be', looked('inconclusive', { limits: { inconclusiveLimit: 1 } }), 'hold', 5_000],
  [
    'undecided at the deadline, and oftener than may be',
    looked('inconclusive', { elapsedMs: 60_000, limits: { inconclusiveLimit: 0 } }),
    'pause',
  ],
  [
    'too little data by an interval',
    looked('insufficient_data', { limits: { intervalMs: 1_000 }, elapsedMs: 40_000 }),
    'hold',
    1_000,
  ],
  [
    'passed before the hold is over, by an interval',
    looked('pass', { limits: { intervalMs: 500 }, elapsedMs: 1_000 }),
    'hold',
    500,
  ],
  ['passed after the deadline', looked('pass', { elapsedMs: 90_000 }), 'advance'],
];

for (const [name, given, kind, forMs] of rows) {
  test(`${name}: ${kind}`, () => {
    const next = decideNextStep(given);
    assert.equal(next.kind, kind);
    if (next.kind === 'hold') assert.equal(next.forMs, forMs);
    assert.notEqual(next.reason, '');
  });
}

test('only a pass moves on by itself, and every wait ends', () => {
  const verdict = fc.constantFrom<Verdict>('pass', 'fail', 'inconclusive', 'insufficient_data', 'error');
  const ms = fc.integer({ min: 0, max: 100_000 });
  fc.assert(
    fc.property(fc.option(verdict), ms, ms, ms, fc.boolean(), (seen, elapsedMs, holdMs, deadlineMs, last) => {
      const given = { step: { ...step, holdMs, deadlineMs }, last, elapsedMs };
      const next = decideNextStep(seen === null ? given : { ...given, analysis: { verdict: seen, reason: 'r' } });
      if (next.kind === 'advance' || next.kind === 'complete') assert.equal(seen, 'pass');
      if (next.kind === 'hold' && seen !== null) assert.ok(next.forMs > 0);
    }),
  );
});

test('a short hold before a long deadline is a bounded number of looks', () => {
  const long = { ...step, holdMs: 0, deadlineMs: 30 * 86_400_000 };
  let elapsedMs = 0;
  let looks = 0;
  for (;;) {
    const next = decideNextStep(looked('inconclusive', { step: long, elapsedMs }));
    looks += 1;
    if (next.kind !== 'hold') break;
    elapsedMs += next.forMs;
  }
  assert.ok(looks < 80, `${looks} looks`);
});

test('a short interval before a long deadline is a bounded number of looks, too', () => {
  const long = { ...step, holdMs: 0, deadlineMs: 30 * 86_400_000 };
  let looks = 0;
  for (let elapsedMs = 0; ; looks += 1) {
    const next = decideNextStep(looked('inconclusive', { step: long, elapsedMs, limits: { intervalMs: 250 } }));
    if (next.kind !== 'hold') break;
    elapsedMs += next.forMs;
  }
  assert.ok(looks < 1_400, `${looks} looks`);
});

test('failures add up, errors count in a row, and a person who resumes has seen what was inconclusive', () => {
  const seen = (...verdicts: readonly Verdict[]) => verdicts.reduce(afterLook, NO_LOOKS);
  assert.deepEqual(seen('fail', 'pass', 'fail'), { failed: 2, inconclusive: 0, errors: 0 });
  assert.deepEqual(seen('error', 'error', 'inconclusive', 'error'), { failed: 0, inconclusive: 1, errors: 1 });
  assert.deepEqual(afterResume(seen('fail', 'inconclusive')), { failed: 1, inconclusive: 0, errors: 0 });
});
