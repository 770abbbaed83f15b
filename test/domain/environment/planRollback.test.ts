import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAsPlanned, planRollback, rollbackAct } from '../../../src/domain/environment/planRollback.js';
import type { DeploymentEntry, DeploymentRequest, EnvironmentState } from '../../../src/domain/environment/types.js';

const version = (letter: string) => ({
  artifactDigest: `sha256:${letter.repeat(64)}` as const,
  releaseId: `release/m/${letter}`,
  commit: letter.repeat(40),
});
const entry = (epoch: number, letter: string, outcome: DeploymentEntry['outcome'] = 'deployed'): DeploymentEntry => ({
  ...{ requestId: String(epoch), kind: 'release', epoch, version: version(letter), outcome },
  ...{ by: 'author', reason: '', startedAt: epoch * 10, endedAt: epoch * 10 + 5 },
});
const request = (kind: DeploymentRequest['kind'], letter: string): DeploymentRequest => ({
  ...{ requestId: letter, kind, version: version(letter), rollout: { strategy: 'immediate' } },
  ...{ order: 1, by: 'oncall', reason: '' },
});
const STATE: EnvironmentState = {
  ...{ model: 'm', environment: 'production', epoch: 4, champion: version('c'), previous: version('b') },
  ...{ queue: [], announced: [], history: [], settled: [] },
};
const DEPLOYED = [entry(1, 'a'), entry(2, 'b'), entry(3, 'x', 'rolled_back'), entry(4, 'c')];
const undone = (letter: string, deployed: readonly DeploymentEntry[] = DEPLOYED): readonly number[] =>
  planRollback(STATE, deployed, version(letter)).undone.map(({ epoch }) => epoch);

test('everything that was deployed since the version served last is undone, the newest first', () => {
  assert.deepEqual([undone('b'), undone('a')], [[4], [4, 2]]);
  assert.deepEqual(undone('a', [...DEPLOYED, entry(5, 'a'), entry(6, 'c')]), [6], 'since it served last');
  assert.deepEqual(undone('9'), [4], 'what never served here follows nothing');
  assert.deepEqual(undone('b', []), []);
  assert.deepEqual(planRollback(STATE, DEPLOYED, version('a')).lastServed, { from: 15, until: 25 });
  assert.equal(planRollback(STATE, DEPLOYED, version('9')).lastServed, undefined);
  const { champion: _, ...left } = STATE;
  const by = { by: 'oncall', reason: 'over', at: 55 };
  const gone = { ...left, retired: { ...by, epoch: 5, version: version('c') } };
  assert.deepEqual(
    [planRollback(gone, DEPLOYED, version('c')).retired, planRollback(left, DEPLOYED, version('c')).retired],
    [by, undefined],
  );
  const retired = planRollback(left, [...DEPLOYED, entry(5, 'c', 'retired')], version('c'));
  assert.deepEqual([retired.from, retired.undone, retired.lastServed], [undefined, [], { from: 45, until: 55 }]);
});

test('only a release gives way; a rollback or a repair comes first', () => {
  const plan = (active: DeploymentRequest, ...queue: readonly DeploymentRequest[]) =>
    planRollback({ ...STATE, active: { epoch: 5, request: active, startedAt: 1 }, queue }, DEPLOYED, version('a'));
  const released = plan(request('release', 'd'), request('remediation', 'b'), request('release', 'e'));
  assert.deepEqual([released.aborts?.epoch, released.behind.map(({ kind }) => kind)], [5, ['remediation']]);
  const repaired = plan(request('rollback', 'b'));
  assert.deepEqual([repaired.aborts, repaired.behind.map(({ kind }) => kind)], [undefined, ['rollback']]);
});

test('the act is another one where epoch, versions or what it aborts are', () => {
  const plan = planRollback(STATE, DEPLOYED, version('a'));
  const acts = [
    plan,
    { ...plan, epoch: 5 },
    { ...plan, from: version('b') },
    { ...plan, to: version('b') },
    { ...plan, aborts: { epoch: 5, kind: 'release' as const, version: version('d'), by: 'author' } },
  ].map((one) => JSON.stringify(rollbackAct(one)));
  assert.equal(new Set(acts).size, acts.length);
  assert.equal(JSON.stringify(rollbackAct({ ...plan, undone: [], behind: [] })), acts[0]);
  const expected = { epoch: 4, champion: version('c').artifactDigest };
  assert.deepEqual(
    [isAsPlanned(STATE, expected), isAsPlanned({ ...STATE, epoch: 5 }, expected), isAsPlanned(STATE, { epoch: 4 })],
    [true, false, false],
  );
});
