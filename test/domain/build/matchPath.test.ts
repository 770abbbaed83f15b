import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matchesPath, overlaps } from '../../../src/domain/build/matchPath.js';

describe('matchesPath', () => {
  const cases: readonly (readonly [pattern: string, matches: readonly string[], not: readonly string[]])[] = [
    ['a.mjs', ['a.mjs'], ['b/a.mjs', 'a.mjs2', 'aXmjs']],
    ['lib', ['lib', 'lib/a', 'lib/a/b'], ['library', 'x/lib']],
    ['lib/*', ['lib/a', 'lib/a/b'], ['lib', 'library/a']],
    ['lib/*.mjs', ['lib/a.mjs', 'lib/.mjs'], ['lib/a.js', 'lib/a/b.mjs']],
    ['lib/**', ['lib/a', 'lib/a/b'], ['library/a']],
    ['**/*.csv', ['a.csv', 'x/y/a.csv'], ['a.tsv', 'x/a.csvx']],
    ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b/c'], ['a/x', 'b']],
    ['**/a/b', ['x/a/c/a/b/d'], ['x/a/c/b']],
    ['?.csv', ['a.csv'], ['ab.csv', '/.csv']],
    ['a+(b)[c]', ['a+(b)[c]'], ['aab[c]', 'a+bc']],
    ['*a*b*', ['xaxbx', 'ab'], ['ba']],
  ];
  for (const [pattern, matches, not] of cases) {
    it(pattern, () => {
      for (const path of matches) assert.ok(matchesPath(pattern, path), `${pattern} must match ${path}`);
      for (const path of not) assert.ok(!matchesPath(pattern, path), `${pattern} must not match ${path}`);
    });
  }

  it('ends soon on a pattern made to take long', () => {
    assert.equal(matchesPath('*a'.repeat(100), `${'a'.repeat(99)}${'b'.repeat(2000)}`), false);
    assert.equal(matchesPath('**/a/'.repeat(60).slice(0, -1), `${'a/'.repeat(59)}${'b/'.repeat(2000)}c`), false);
  });
});

describe('overlaps', () => {
  it('is lying in each other, not beginning alike', () => {
    assert.ok(overlaps('build', 'build/m') && overlaps('build/m', 'build') && overlaps('a', 'a'));
    assert.ok(!overlaps('build', 'builder') && !overlaps('a/b', 'a/c'));
  });
});
