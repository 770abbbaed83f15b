import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeStages, endStages, updateStage } from '../../../src/domain/release/stages.js';
import { policyFor } from '../../../src/domain/release/policy.js';
import type { GateSpec } from '../../../src/domain/spec/gates.js';
import type { EnvironmentSpec } from '../../../src/domain/spec/types.js';

const environments: readonly EnvironmentSpec[] = [
  {
    name: 'test',
    approval: { kind: 'none' },
    rollout: { strategy: 'immediate' },
    verify: { smokeRows: 100 },
    gates: [],
  },
  {
    name: 'staging',
    approval: { kind: 'automatic' },
    rollout: { strategy: 'immediate' },
    verify: { smokeRows: 0 },
    gates: ['quality'],
  },
  {
    name: 'production',
    approval: { kind: 'required', roles: ['reviewer'], quorum: 1, remindAfterMs: 1, expireAfterMs: 9 },
    rollout: { strategy: 'immediate' },
    verify: { smokeRows: 100 },
    gates: [],
  },
];
const gate = (name: string, max: number): GateSpec => ({
  name,
  minRows: 1,
  rules: [{ kind: 'threshold', metric: 'brier', max }],
});
const names = (list: readonly { readonly name: string; readonly environment?: string }[]): readonly string[] =>
  list.map((stage) => (stage.environment === undefined ? stage.name : `${stage.environment} ${stage.name}`));

test('lists what a release passes, all pending, only what is asked for', () => {
  const stages = describeStages(environments);
  assert.deepEqual(names(stages), [
    'integrate',
    'build',
    'package',
    'test deploy',
    'test verify',
    'staging approve',
    'staging deploy',
    'staging gate',
    'production approve',
    'production deploy',
    'production verify',
  ]);
  assert.ok(stages.every((stage) => stage.status === 'pending'));
  assert.deepEqual(names(describeStages([])), ['integrate', 'build', 'package']);
});

test('changes one stage and leaves the others', () => {
  const stages = describeStages(environments);
  const changed = updateStage(stages, 'deploy', 'staging', { status: 'running', startedAt: 5 });
  assert.deepEqual(
    changed.filter((stage, index) => stage !== stages[index]),
    [{ name: 'deploy', environment: 'staging', status: 'running', startedAt: 5 }],
  );
  assert.equal(updateStage(stages, 'gate', 'canary', { status: 'passed' }).length, stages.length + 1);
});

test('an early end leaves nothing running and nothing pending', () => {
  const running = updateStage(describeStages(environments), 'build', undefined, { status: 'running', startedAt: 1 });
  const ended = endStages(updateStage(running, 'integrate', undefined, { status: 'passed' }), 7, 'cancelled');
  assert.deepEqual([...new Set(ended.map((stage) => stage.status))], ['passed', 'failed', 'skipped']);
  assert.deepEqual(ended[1], { name: 'build', status: 'failed', startedAt: 1, endedAt: 7, reason: 'cancelled' });
});

test('a policy holds the gates passed on the way, and only those', () => {
  const gates = [gate('quality', 0.2), gate('unused', 0.1)];
  const policy = policyFor(environments, gates, 'production');
  assert.deepEqual(policy?.gates, [gates[0]]);
  assert.deepEqual(policyFor(environments, gates, 'test')?.gates, []);
  assert.equal(policyFor(environments, gates, 'nowhere'), undefined);
});
