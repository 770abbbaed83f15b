import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changesSince } from '../../../src/domain/release/changesSince.js';
import { finishedStages, refusalToResume, withoutEnvironment } from '../../../src/domain/release/resumePoint.js';
import type {
  ReleaseOutcome,
  ReleaseView,
  StageName,
  StageStatus,
  StageView,
} from '../../../src/domain/release/types.js';

const stage = (name: StageName, status: StageStatus, environment?: string): StageView => ({
  name,
  status,
  ...(environment === undefined ? {} : { environment }),
});
const viewOf = (...stages: readonly StageView[]): ReleaseView => ({ stages }) as unknown as ReleaseView;
const names = (stages: readonly StageView[]): readonly string[] =>
  stages.map(({ name, environment }) => (environment === undefined ? name : `${name}.${environment}`));
const BUILT = [stage('integrate', 'passed'), stage('build', 'passed'), stage('package', 'passed')];

describe('what a resumed release need not do again', () => {
  it('is everything before the stage that failed', () => {
    assert.deepEqual(names(finishedStages(viewOf(stage('integrate', 'passed'), stage('build', 'failed')))), [
      'integrate',
    ]);
    assert.deepEqual(names(finishedStages(viewOf(stage('integrate', 'failed')))), []);
    assert.deepEqual(
      names(finishedStages(viewOf(...BUILT, stage('deploy', 'passed', 'test'), stage('verify', 'failed', 'test')))),
      ['integrate', 'build', 'package', 'deploy.test'],
    );
  });

  it('leaves out what passed behind one that did not', () => {
    assert.deepEqual(names(finishedStages(viewOf(stage('integrate', 'skipped'), stage('build', 'passed')))), []);
  });

  it('asks again for an approval that no deployment followed', () => {
    const failed = viewOf(...BUILT, stage('approve', 'passed', 'production'), stage('deploy', 'failed', 'production'));
    assert.deepEqual(names(finishedStages(failed)), ['integrate', 'build', 'package']);
  });

  it('leaves out an environment that serves something else by now, and all behind it', () => {
    const stages = [...BUILT, stage('deploy', 'passed', 'test'), stage('deploy', 'passed', 'staging')];
    assert.deepEqual(names(withoutEnvironment(stages, 'test')), ['integrate', 'build', 'package']);
  });
});

describe('a release that can be resumed', () => {
  it('failed, or was cancelled; verdicts and what is under way are not', () => {
    const of = (outcome?: ReleaseOutcome) => refusalToResume({ outcome } as ReleaseView);
    assert.equal(of('failed'), undefined);
    assert.equal(of('cancelled'), undefined);
    for (const other of ['promoted', 'blocked', 'rejected', 'superseded', 'expired', 'rolled_back', undefined] as const)
      assert.ok(of(other), other);
  });
});

describe('changes since a release failed', () => {
  const state = { files: { 'a.js': 'sha256:1' as const }, spec: 's', data: { 's3://rows/a': 'd' } };
  it('are named as code, spec or data', () => {
    assert.deepEqual(changesSince(state, state), []);
    const now = { files: { 'b.js': 'sha256:1' as const }, spec: 't', data: { 's3://rows/a': 'e' } };
    assert.deepEqual(changesSince(state, now), ['code (a.js, b.js)', 'spec (slipway.yaml)', 'data (s3://rows/a)']);
  });
  it('are few names and a number', () => {
    const files = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`${index}`, 'sha256:1' as const]));
    assert.match(changesSince({ ...state, files: {} }, { ...state, files }).join(), /0, 1, 2, 3, 4 and 4 more/);
  });
});
