import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeSource, isSameProblem } from '../../../src/domain/release/sourceSeen.js';

const COMMIT = 'a'.repeat(40);
const problem = { code: 'repository_unreachable', message: 'there is no repository at /m', since: 0 };

for (const [seen, told] of [
  [{}, /^nobody has looked at main yet$/],
  [{ commit: COMMIT }, /^main is at aaaaaaaaaaaa, whose release was started$/],
  [{ skipped: COMMIT }, /^main has no slipway\.yaml at aaaaaaaaaaaa: the first commit that has one starts/],
  [
    { commit: COMMIT, problem },
    /^main cannot be read since 1970-01-01T00:00:00Z: repository_unreachable: there is no repository at \/m$/,
  ],
] as const)
  test(`a watched branch: ${told.source}`, () => assert.match(describeSource({ branch: 'main', ...seen }), told));

test('a problem is another one by its code or words, not by its numbers', () => {
  const same = (code: string, message: string) =>
    isSameProblem({ code: 'a', message: 'in 21 ms', since: 0 }, { code, message });
  assert.deepEqual([same('a', 'in 7 ms'), same('a', 'in 7 s'), same('b', 'in 21 ms')], [true, false, false]);
  assert.equal(isSameProblem(undefined, problem), false);
});
