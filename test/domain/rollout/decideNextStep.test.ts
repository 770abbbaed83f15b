import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Verdict } from '../../../src/domain/gate/types.js';
import { decideNextStep, type NextStep, type StepState } from '../../../src/domain/rollout/decideNextStep.js';

const step = { weight: 10, holdMs: 5_000, minRequests: 100, deadlineMs: 60_000 };
const state: StepState = { step, last: false, elapsedMs: 5_000 };
const looked = (verdict: Verdict, change: Partial<StepState> = {}): StepState => ({
  ...state,
  analysis: { verdict, reason: 'r' },
  ...change,
});

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
