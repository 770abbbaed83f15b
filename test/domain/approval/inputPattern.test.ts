import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesPattern, patternFault } from '../../../src/domain/approval/inputPattern.js';

const PATTERNS = [
  '[A-Z]{2,4}-\\d+',
  'none|[a-f0-9]{8}',
  'a?b*c+',
  'a*a*a*b',
  '[^ab]\\w?',
  'v\\d{1,2}\\.\\d',
  '.{3}',
  '[\\d-]+',
  '',
];
const TEXTS = [
  'OPS-12',
  'OP-',
  'ABCDE-1',
  'none',
  'nonee',
  'deadbeef',
  'bbc',
  'ac',
  'aaab',
  'aaaa',
  'cx',
  'ax',
  'v1.2',
  'v123.4',
  'v1x2',
  'xyz',
  'é!?',
  '12-3',
  '',
  '-',
];

test('a pattern matches what the same regular expression does, from its beginning to its end', () => {
  for (const pattern of PATTERNS)
    for (const text of TEXTS)
      assert.equal(
        matchesPattern(pattern, text),
        new RegExp(`^(?:${pattern})$`, 'u').test(text),
        `${pattern} on ${text}`,
      );
});

test('a text that stops a regular expression for years takes a moment', () => {
  const evil = `${'a*'.repeat(90)}b`;
  assert.equal(matchesPattern(evil, 'a'.repeat(200)), false);
  assert.equal(matchesPattern(evil, `${'a'.repeat(199)}b`), true);
});

test('what the language does not have is told, and matches nothing', () => {
  for (const pattern of ['(a)', 'a{3,1}', 'a{999}', '[z-a]', '\\s', '[a', 'a**', '^a$', 'x'.repeat(201)]) {
    assert.notEqual(patternFault(pattern), undefined, pattern);
    assert.equal(matchesPattern(pattern, 'a'), false, pattern);
  }
  assert.equal(patternFault('[A-Z]{2,10}-\\d+|none'), undefined);
});
