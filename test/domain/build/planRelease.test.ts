import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planRelease } from '../../../src/domain/build/planRelease.js';
import type { Hold } from '../../../src/domain/hold/types.js';
import type { StepDecision } from '../../../src/domain/build/types.js';
import type { StepSpec } from '../../../src/domain/spec/types.js';
import { stepOf } from './scene.js';

const NOW = 1_000_000;
const planOf = (
  steps: readonly StepSpec[],
  skipped: readonly string[] = [],
  environments: readonly unknown[] = [],
  holds: ReadonlyMap<string, readonly Hold[]> = new Map<string, readonly Hold[]>(),
) =>
  planRelease({
    spec: { model: 'm', checks: [], build: { params: {}, steps }, signature: { features: [] }, environments } as never,
    decisions: steps.map(({ name: step }): StepDecision => {
      const record = { releaseId: 'release/m/first' } as (StepDecision & { kind: 'skip' })['record'];
      return skipped.includes(step)
        ? { step, kind: 'skip', key: `sha256:${step}`, record }
        : { step, kind: 'run', cause: { kind: 'never_ran' } };
    }),
    durations: new Map(steps.map(({ name }, index) => [name, 10 ** index])),
    identities: [],
    holds,
    now: NOW,
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

describe('freezes in a plan', () => {
  const place = (name: string, holdMs: number) => ({
    name,
    approval: { kind: 'none' },
    gates: [],
    rollout: { strategy: 'canary', steps: [{ holdMs }], analysis: { maxErrorRateIncrease: 0.01 } },
  });
  const freeze = (id: string, from: number, until?: number): Hold => ({
    id,
    kind: 'freeze',
    reason: 'x',
    by: 'oncall',
    from,
    override: [],
    ...(until === undefined ? {} : { until }),
  });
  const planned = (...holds: readonly Hold[]) =>
    planOf([], [], [place('staging', 10), place('production', 20)], new Map([['production', holds]]));
  const named = ({ environments }: ReturnType<typeof planned>) =>
    environments.map(({ holds }) => holds.map(({ id }) => id));

  it('make it later, by as much as they hold it back when it comes there', () => {
    assert.equal(planned().earliestAt, NOW + 30);
    const later = planned(freeze('a', NOW, NOW + 500), freeze('b', NOW + 500, NOW + 600));
    assert.deepEqual([later.earliestAt, later.earliestMs, named(later)], [NOW + 620, 30, [[], ['a']]]);
    assert.equal(planned(freeze('over', NOW, NOW + 10)).earliestAt, NOW + 30);
    assert.deepEqual(named(planned(freeze('ahead', NOW + 5, NOW + 15))), [[], ['ahead']]);
  });

  it('leave it open where somebody has to lift one', () => {
    const { earliestAt, environments } = planned(freeze('open', 0));
    assert.deepEqual([earliestAt, environments[1]?.holds[0]?.id], [undefined, 'open']);
  });
});

describe('the notes of a plan', () => {
  it('name the folder that a step goes on from, where it would run', () => {
    const steps = [stepOf('train', { outputs: ['model'], checkpoint: 'state' })];
    assert.deepEqual(planOf(steps).notes, ['train goes on from state when it is tried again in the same release']);
    assert.deepEqual(planOf(steps, ['train']).notes, []);
  });
});

describe('a rollout in a plan', () => {
  it('takes the time of its shadow as well, and says whose word a step waits for', () => {
    const approve = { roles: ['reviewer'], deadlineMs: 1 };
    const production = {
      ...{ name: 'production', approval: { kind: 'none' }, gates: [] },
      rollout: {
        strategy: 'canary',
        shadow: { holdMs: 5 },
        steps: [{ weight: 25, holdMs: 10, approve }, { holdMs: 20 }],
        analysis: { maxErrorRateIncrease: 0.01 },
      },
    };
    const { environments, earliestMs, notes } = planOf([], [], [production]);
    assert.deepEqual([environments[0]?.shadow, environments[0]?.rolloutMs, earliestMs], [true, 35, 35]);
    assert.equal(notes[0], 'production: waits at 25 % until one of operator, reviewer lets it go on');
  });

  it('by blue/green takes as long as what ran before is kept', () => {
    const rollout = { strategy: 'blueGreen', keepMs: 600 };
    const { environments } = planOf([], [], [{ name: 'production', approval: { kind: 'none' }, gates: [], rollout }]);
    assert.deepEqual([environments[0]?.rollout, environments[0]?.rolloutMs], ['blueGreen', 600]);
    assert.ok(!('shadow' in environments[0]!));
  });
});
