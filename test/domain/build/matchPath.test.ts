import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matchesPath, newEffort, overlaps, pathMatcher } from '../../../src/domain/build/matchPath.js';

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

describe('many patterns and paths', () => {
  it('share one effort, and are refused where it is used up', () => {
    const matcher = pathMatcher(['**/a/b', 'lib', '*a*b'], newEffort(100));
    assert.equal(matcher('lib/a'), true);
    assert.throws(() => Array.from({ length: 100 }, () => matcher('x/y/z')), { code: 'spec_invalid' });
  });

  it('are the same as each by itself', () => {
    const patterns = ['lib', '**/*.csv', 'a/?'];
    for (const path of ['lib/x', 'library', 'x/y.csv', 'a/b/c', 'a', 'b/a/b'])
      assert.equal(
        pathMatcher(patterns)(path),
        patterns.some((pattern) => matchesPath(pattern, path)),
        path,
      );
  });

  it('never take more steps than the effort has, also within one name', () => {
    const effort = newEffort(10_000);
    const matcher = pathMatcher([`*${'a'.repeat(200)}b`], effort);
    assert.throws(() => matcher('a'.repeat(2_000)), { code: 'spec_invalid' });
    assert.equal(effort.left, -1);
  });
});

describe('overlaps', () => {
  it('is lying in each other, not beginning alike', () => {
    assert.ok(overlaps('build', 'build/m') && overlaps('build/m', 'build') && overlaps('a', 'a'));
    assert.ok(!overlaps('build', 'builder') && !overlaps('a/b', 'a/c'));
  });
});
