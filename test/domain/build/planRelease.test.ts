import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planRelease } from '../../../src/domain/build/planRelease.js';
import type { StepDecision } from '../../../src/domain/build/types.js';
import type { Spec, StepSpec } from '../../../src/domain/spec/types.js';
import { stepOf } from './scene.js';

const planOf = (steps: readonly StepSpec[], skipped: readonly string[] = []) =>
  planRelease({
    spec: { model: 'm', checks: [], build: { params: {}, steps }, environments: [] } as unknown as Spec,
    decisions: steps.map(({ name: step }): StepDecision => {
      const record = { releaseId: 'release/m/first' } as (StepDecision & { kind: 'skip' })['record'];
      return skipped.includes(step)
        ? { step, kind: 'skip', key: `sha256:${step}`, record }
        : { step, kind: 'run', cause: { kind: 'never_ran' } };
    }),
    durations: new Map(steps.map(({ name }, index) => [name, 10 ** index])),
    identities: [],
  });

/** Two ways to the last step: a (1 ms) and b (10 ms), then c (100 ms). */
const FORK = [stepOf('a', { needs: [] }), stepOf('b', { needs: [] }), stepOf('c', { needs: ['a', 'b'] })];

describe('the earliest time of a plan', () => {
  it('is that of the longest way through the steps that run, and not of all of them', () => {
    assert.equal(planOf(FORK).earliestMs, 110);
    assert.equal(planOf(FORK, ['b']).earliestMs, 101);
    assert.equal(planOf(FORK, ['a', 'b', 'c']).earliestMs, 0);
  });
});

describe('the notes of a plan', () => {
  it('name the folder that a step goes on from, where it would run', () => {
    const steps = [stepOf('train', { outputs: ['model'], checkpoint: 'state' })];
    assert.deepEqual(planOf(steps).notes, ['train goes on from state when it is tried again in the same release']);
    assert.deepEqual(planOf(steps, ['train']).notes, []);
  });
});
