import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inputDifferences } from '../../../src/domain/artifact/inputDifferences.js';
import type { FeatureSpec } from '../../../src/domain/spec/types.js';

const feature = (name: string, change: Partial<FeatureSpec> = {}): FeatureSpec => ({
  ...{ name, type: 'number', log: 'value' },
  ...change,
});
const told = (from: readonly FeatureSpec[], to: readonly FeatureSpec[]): readonly string[] =>
  inputDifferences({ features: from }, { features: to }).map(
    ({ feature: name, change, what, breaks }) => `${breaks ? '! ' : ''}${name} ${change}: ${what}`,
  );

test('callers hear what they have to send otherwise, and what of it refuses them', () => {
  assert.deepEqual(told([feature('hour')], [feature('hour')]), []);
  assert.deepEqual(told([feature('b'), feature('a')], [feature('c', { type: 'string' }), feature('b')]), [
    '! a removed: number is not asked for any more',
    '! c added: string has to be sent',
  ]);
  assert.deepEqual(told([feature('hour')], [feature('hour', { type: 'integer', missing: 'refuse' })]), [
    '! hour changed: type number becomes integer, missing allow becomes refuse',
  ]);
  assert.deepEqual(told([feature('hour', { max: 24 })], [feature('hour', { min: 0 })]), [
    'hour changed: min none becomes 0, max 24 becomes none',
  ]);
  const categories = ['DEN', 'ORD'];
  assert.deepEqual(told([feature('origin', { categories })], [feature('origin')]), [
    'origin changed: categories [DEN, ORD] becomes none',
  ]);
});

test('what stands there and is the default anyway is no difference, nor is what is logged', () => {
  const written = { log: 'hash', missing: 'allow', infinite: 'refuse' } as const;
  assert.deepEqual(told([feature('hour')], [feature('hour', written)]), []);
});
