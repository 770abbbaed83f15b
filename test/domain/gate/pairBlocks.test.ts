import assert from 'node:assert/strict';
import { test } from 'node:test';
import { combineGates } from '../../../src/domain/gate/combineGates.js';
import { pairBlocks } from '../../../src/domain/gate/pairBlocks.js';
import type { Verdict } from '../../../src/domain/gate/types.js';

const DAY = 86_400_000;

test('sums the losses of both models by UTC day, in time order', () => {
  const blocks = pairBlocks('brier', [DAY + 5, 0, DAY - 1, DAY], [1, 0, 1, 0], [0.5, 0.5, 1, 0], [1, 0, 0.5, 0.5]);
  assert.deepEqual(blocks, [
    { start: 0, rows: 2, candidate: 0.25, champion: 0.25 },
    { start: DAY, rows: 2, candidate: 0.25, champion: 0.25 },
  ]);
});

test('a prediction of exactly 0 that was wrong costs no infinity', () => {
  const [day] = pairBlocks('log_loss', [0], [1], [0], [1]);
  assert.ok(Math.abs((day?.candidate ?? 0) + Math.log(1e-15)) < 1e-9 && (day?.champion ?? 1) < 1e-9);
});

test('a prediction that is missing is not taken for a good one', () => {
  assert.ok(Number.isNaN(pairBlocks('brier', [0], [1], [], [1])[0]?.candidate));
});

const rows: readonly (readonly [readonly Verdict[], Verdict])[] = [
  [[], 'error'],
  [['pass', 'pass'], 'pass'],
  [['pass', 'insufficient_data'], 'insufficient_data'],
  [['insufficient_data', 'inconclusive'], 'inconclusive'],
  [['inconclusive', 'fail', 'pass'], 'fail'],
  [['fail', 'error'], 'error'],
];
for (const [verdicts, expected] of rows) {
  test(`gates that say ${verdicts.join(', ') || 'nothing'}: ${expected}`, () => {
    const results = verdicts.map((verdict, index) => ({ gate: `g${index}`, verdict, reason: `r${index}`, rules: [] }));
    const combined = combineGates(results);
    assert.equal(combined.verdict, expected);
    for (const { gate, verdict } of results) {
      if (verdict !== 'pass') assert.ok(combined.reason.includes(gate));
    }
  });
}
