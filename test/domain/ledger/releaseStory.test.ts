import assert from 'node:assert/strict';
import { test } from 'node:test';
import { releaseStory } from '../../../src/domain/ledger/releaseStory.js';

test('a story says who let a freeze pass, who handed a place to whom, and what does not count any more', () => {
  const entry = (seq: number, kind: string, body: Readonly<Record<string, unknown>>) => ({
    ...{ stream: 'release/m/c', seq, kind, at: seq },
    body: { environment: 'production', ...body },
  });
  const own = [
    entry(1, 'freeze.overridden', { by: 'operator', freeze: 'year-end', reason: 'prices are wrong' }),
    entry(2, 'decision', { subject: 'a', decision: 'delegate', to: 'd', counted: true }),
    entry(3, 'decision', { subject: 'd', decision: 'approve', inPlaceOf: 'a', counted: true }),
    entry(4, 'decision.lapsed', { subject: 'd', reason: 'a was revoked: left' }),
  ];
  assert.deepEqual(
    releaseStory('release/m/c', own, [], []).map(({ what }) => what),
    [
      'operator: override of freeze year-end in production: prices are wrong',
      'a: delegate to d for production (counted)',
      'd: approve in the place of a for production (counted)',
      'the decision of d in production does not count any more: a was revoked: left',
    ],
  );
});
