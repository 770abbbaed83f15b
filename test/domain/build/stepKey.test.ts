import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { partsOf } from '../../../src/domain/build/stepKey.js';
import type { StepFacts } from '../../../src/domain/build/types.js';
import type { StepSpec } from '../../../src/domain/spec/types.js';
import { digestOf, stepOf } from './scene.js';

const FACTS: StepFacts = { command: { run: 'x', env: {} }, files: {}, data: {}, params: {}, environment: {} };

/** What counts for the last of three steps in a row, of which each writes one file. */
const upstreamOf = (more: Partial<StepSpec>): readonly string[] => {
  const last = stepOf('c', { needs: ['b'], outputs: ['out/c'], ...more });
  const steps = [stepOf('a', { outputs: ['out/a'] }), stepOf('b', { outputs: ['out/b'] }), last];
  const outputsOf = (name: string) => [{ path: `out/${name}`, digest: digestOf(name), size: 1 }];
  return Object.keys(partsOf(steps, last, FACTS, outputsOf).upstream).sort();
};

describe('what counts of the steps before a step', () => {
  it('is all that the step before it wrote, and of those further back what its inputs name', () => {
    assert.deepEqual(upstreamOf({ inputs: [] }), ['out/b']);
    assert.deepEqual(upstreamOf({ inputs: ['out/a'] }), ['out/a', 'out/b']);
    assert.deepEqual(upstreamOf({ inputs: ['out/?'] }), ['out/a', 'out/b']);
  });

  it('is everything where it names no inputs', () => {
    assert.deepEqual(upstreamOf({}), ['out/a', 'out/b']);
  });

  it('is nothing of steps that it does not wait for', () => {
    assert.deepEqual(upstreamOf({ needs: [] }), []);
  });
});
