import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sayAwaited } from '../../../src/domain/release/sayAwaited.js';
import type { AskedFor } from '../../../src/domain/release/types.js';

const said = (askedFor: AskedFor, after?: string) =>
  sayAwaited(
    {
      releaseId: 'release/m/b',
      awaited: { environment: 'production', askedFor, since: 1, until: 2, ...(after === undefined ? {} : { after }) },
    },
    (at) => `t${at}`,
  );

test('says whose word is awaited, since when, and what happens without it', () => {
  assert.deepEqual(
    (['turn', 'entry', 'withdrawal', 'return'] as const).map((askedFor) => said(askedFor)?.what),
    [
      'waits for the word of production that it may go on since t1; without it by t2 it gives its place up, and ends',
      'waits for the word of production that it is deployed since t1; without it by t2 it ends as failed (timed_out)',
      'takes back what it asked of production, and waits for its word since t1; without it by t2 it ends all the same',
      'waits for the word of production that what ran before serves again since t1; without it by t2 it ends as failed (timed_out)',
    ],
  );
});

test('where its environment works for it, it names the command that says what goes on there', () => {
  assert.deepEqual(said('entry')?.ways, [{ command: 'slipway status', does: 'says what goes on there' }]);
});

test('in line it names the release before it, and both ways out', () => {
  const { what, ways } = said('turn', 'release/m/a') ?? { ways: [] };
  assert.match(what ?? '', /^in line for production, right after release\/m\/a: waits for its turn since t1;/);
  assert.deepEqual(
    ways.map(({ command }) => command),
    ['slipway release show release/m/a', 'slipway release cancel release/m/b'],
  );
});

test('says nothing where no word is awaited', () => {
  assert.equal(sayAwaited({ releaseId: 'r' }, String), undefined);
});
