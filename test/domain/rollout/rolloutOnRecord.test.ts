import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rolloutOnRecord } from '../../../src/domain/rollout/rolloutOnRecord.js';
import { ANALYSED } from '../../../src/domain/rollout/shareOf.js';

const look = (body: object) => ({
  ...{ kind: ANALYSED, at: 1 },
  body: { step: 0, weight: 0, verdict: 'pass', reason: 'fine', evidence: 'sha256:e', seq: 2, ...body },
});

test('looks of a rollout say which phase they were at, and a shadow what it had copies of', () => {
  const entries = [
    look({ phase: 'shadow', carried: 25 }),
    look({ weight: 10, carried: 10 }),
    look({ phase: 'switch', weight: 100, carried: 100 }),
    // From before shares were written down.
    look({ phase: 'shadow' }),
  ];
  assert.deepEqual(
    rolloutOnRecord(entries, 'sha256:b').looks.map(({ phase, weight, copies }) => [phase, weight, copies]),
    [
      ['shadow', 0, 25],
      [undefined, 10, undefined],
      ['switch', 100, undefined],
      ['shadow', 0, undefined],
    ],
  );
});
