import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillQuery, unknownVariables } from '../../../src/domain/rollout/fillQuery.js';
import { atPointer, isJsonPointer } from '../../../src/domain/rollout/jsonPointer.js';
import { readPrometheus } from '../../../src/domain/rollout/readPrometheus.js';

test('a query is filled once: a value is not looked through', () => {
  assert.equal(
    fillQuery('a {{ version }} {{role}}', (name) => `<${name}>`),
    'a <version> <role>',
  );
  assert.equal(
    fillQuery('{{model}}', () => '{{version}}'),
    '{{version}}',
  );
  assert.equal(
    fillQuery('{{other}} $1', () => 'x'),
    '{{other}} $1',
  );
  assert.deepEqual(unknownVariables('{{version}} {{verison}} {{ }}'), ['verison', '']);
});

test('JSON Pointers of the RFC', () => {
  const document = { foo: ['bar', 'baz'], '': 0, 'a/b': 1, 'c%d': 2, 'm~n': 8, ' ': 7 };
  for (const [pointer, found] of [
    ['', document],
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/ ', 7],
    ['/m~0n', 8],
    ['/foo/2', undefined],
    ['/foo/01', undefined],
    ['/foo/-', undefined],
    ['/constructor', undefined],
    ['/foo/length', undefined],
  ] as const)
    assert.deepEqual(atPointer(document, pointer), found, pointer);
  assert.deepEqual(['', '/a', '/~0~1', 'a', '/~', '/~2'].map(isJsonPointer), [true, true, true, false, false, false]);
});

test('one number is read from an answer of Prometheus, and nothing else', () => {
  const vector = (...values: readonly string[]) => ({
    status: 'success',
    data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [1, value] })) },
  });
  assert.deepEqual(readPrometheus(vector('0.5')), { kind: 'value', value: 0.5 });
  const scalar = { status: 'success', data: { resultType: 'scalar', result: [1, '7'] } };
  assert.deepEqual(readPrometheus(scalar), { kind: 'value', value: 7 });
  for (const [answer, why] of [
    [vector(), /matches no series/],
    [vector('1', '2'), /2 series, and one/],
    [vector('NaN'), /"NaN"/],
    [vector('-Inf'), /"-Inf"/],
    [{ status: 'success', data: { resultType: 'matrix', result: [] } }, /answers a matrix/],
    [{ status: 'success', data: { resultType: 'vector', result: [{ metric: {}, histogram: [1, {}] }] } }, /no number/],
    [{ status: 'success', data: { resultType: 'string', result: [1, '5'] } }, /answers a string/],
    [{ status: 'success' }, /nothing that is text/],
    [{ status: 'error', errorType: 'bad_data', error: 'parse error' }, /bad_data: parse error/],
    ['<html>', /no answer/],
    [null, /no answer/],
  ] as const) {
    const reading = readPrometheus(answer);
    assert.match(reading.kind === 'error' ? reading.reason : 'none', why);
  }
});
