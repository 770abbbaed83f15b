import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outcomeExitCode } from '../../../src/domain/release/outcomeExitCode.js';
import type { Verdict } from '../../../src/domain/gate/types.js';
import type { ReleaseOutcome } from '../../../src/domain/release/types.js';

const rows: readonly (readonly [ReleaseOutcome, Verdict | undefined, number])[] = [
  ['promoted', undefined, 0],
  ['provisional', undefined, 0],
  ['failed', undefined, 1],
  ['rejected', undefined, 3],
  ['blocked', 'fail', 4],
  ['blocked', 'inconclusive', 5],
  ['blocked', 'insufficient_data', 6],
  ['blocked', 'error', 7],
  ['blocked', undefined, 7],
  ['blocked', 'pass', 7],
  ['superseded', undefined, 10],
  ['expired', undefined, 10],
  ['cancelled', undefined, 10],
  ['rolled_back', undefined, 11],
];

for (const [outcome, verdict, code] of rows) {
  test(`${outcome}${verdict === undefined ? '' : ` by ${verdict}`} exits ${code}`, () => {
    assert.equal(outcomeExitCode(outcome, verdict), code);
  });
}
