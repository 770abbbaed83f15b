import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { interruptedRelease, type InterruptedEntry } from '../../../src/domain/release/interruptedRelease.js';
import { finishedStages, refusalToResume } from '../../../src/domain/release/resumePoint.js';
import type { EnvironmentSpec } from '../../../src/domain/spec/types.js';

const ID = `release/m/${'a'.repeat(40)}`;

const place = (name: string, approval: EnvironmentSpec['approval'], gates: readonly string[]): EnvironmentSpec => ({
  ...{ name, approval, gates, rollout: { strategy: 'immediate' }, verify: { smokeRows: 10 } },
});
const ENVIRONMENTS = [
  place('staging', { kind: 'automatic' }, ['quality']),
  place('production', { kind: 'required', roles: ['reviewer'], quorum: 1, remindAfterMs: 1, expireAfterMs: 2 }, []),
];

let clock = 0;
const entry = (kind: string, body: Readonly<Record<string, unknown>> = {}, stream = ID): InterruptedEntry => ({
  ...{ stream, kind, body, at: ++clock },
});
const stage = (name: string, environment?: string, verdict = 'pass'): InterruptedEntry =>
  entry(`stage.${name}`, {
    ...(environment === undefined ? {} : { environment }),
    ...{ verdict, reason: `${name} said ${verdict}`, evidence: `sha256:${name}`, artifactDigest: 'sha256:a' },
  });
const deployment = (environment: string, outcome: string, epoch: number): InterruptedEntry =>
  entry(`deployment.${outcome}`, { kind: 'release', epoch, reason: outcome }, `environment/m/${environment}`);

const STARTED = entry('release.started', {
  ...{ model: 'm', repository: 'm', commit: 'a'.repeat(40), trigger: 'author', params: { depth: 3 } },
  ...{ order: 7, kind: 'commit', reason: 'Improve' },
});
const BUILT = [STARTED, stage('integrate'), stage('build'), stage('package')];
const LET_IN = [
  ...BUILT,
  entry('approval.automatic', { environment: 'staging', verdict: 'pass', reason: 'green', evidence: 'sha256:g' }),
];
const IN_STAGING = [...LET_IN, deployment('staging', 'deployed', 4), stage('verify', 'staging')];
const ASKED = [
  ...IN_STAGING,
  stage('gate', 'staging'),
  entry('approval.asked', { env: 'production', evidenceDigest: 'sha256:e' }),
];
const decided = (decision: string, counted = true): InterruptedEntry =>
  entry('decision', { jti: 'j', subject: 'reviewer', decision, reason: 'no', counted, environment: 'production' });

const ended = (entries: readonly InterruptedEntry[], resumed = 0) =>
  interruptedRelease({ releaseId: ID, entries, order: 1, environments: ENVIRONMENTS, resumed, now: 99_999 })!;
const namesOf = (stages: readonly { readonly name: string; readonly environment?: string }[]): readonly string[] =>
  stages.map(({ name, environment }) => (environment === undefined ? name : `${name}.${environment}`));

describe('a release whose engine was lost', () => {
  it('that had not begun leaves nothing to go on from', () => {
    const facts = { releaseId: ID, entries: [], order: 1, environments: [], resumed: 0, now: 1 };
    assert.equal(interruptedRelease(facts), undefined);
  });

  it('is what was started, as far as it came', () => {
    const view = ended(ASKED, 2);
    assert.deepEqual(
      [view.commit, view.order, view.params, view.resumed, view.artifactDigest, view.evidenceDigest, view.endedAt],
      ['a'.repeat(40), 7, { depth: 3 }, 2, 'sha256:a', 'sha256:e', 99_999],
    );
    assert.deepEqual(view.trigger, { kind: 'commit', by: 'author', at: STARTED.at, reason: 'Improve' });
  });

  for (const [what, entries, reason, finished] of [
    ['in its checks', [STARTED], /at integrate$/, []],
    ['in its build', BUILT.slice(0, 2), /at build$/, ['integrate']],
    ['while it was asked of its evidence', BUILT, /at approve in staging$/, ['integrate', 'build', 'package']],
    ['while it was deployed', LET_IN, /at deploy in staging$/, ['integrate', 'build', 'package']],
    [
      'in its gates',
      IN_STAGING,
      /at gate in staging$/,
      ['integrate', 'build', 'package', 'approve.staging', 'deploy.staging', 'verify.staging'],
    ],
    [
      'while it waited for people',
      ASKED,
      /while it waited for approval of production$/,
      ['integrate', 'build', 'package', 'approve.staging', 'deploy.staging', 'verify.staging', 'gate.staging'],
    ],
    [
      'after a decision of which nothing followed',
      [...ASKED, decided('approve')],
      /while it waited for approval of production$/,
      ['integrate', 'build', 'package', 'approve.staging', 'deploy.staging', 'verify.staging', 'gate.staging'],
    ],
  ] as const) {
    it(`${what} has failed there, and can be resumed there`, () => {
      const view = ended(entries);
      assert.equal(view.outcome, 'failed');
      assert.match(view.reason ?? '', reason);
      assert.equal(refusalToResume(view), undefined);
      assert.deepEqual(namesOf(finishedStages(view)), finished);
    });
  }

  it('goes on behind a production that it had reached', () => {
    const view = ended([...ASKED, decided('approve'), deployment('production', 'deployed', 5)]);
    assert.deepEqual(namesOf(finishedStages(view)).slice(-2), ['approve.production', 'deploy.production']);
  });

  for (const [what, entries, outcome] of [
    ['a gate', [...IN_STAGING, stage('gate', 'staging', 'inconclusive')], 'blocked'],
    ['a person', [...ASKED, decided('reject')], 'rejected'],
    ['a canary', [...ASKED, decided('approve'), deployment('production', 'rolled_back', 5)], 'rolled_back'],
    [
      'its end, whatever a late attempt kept after it',
      [
        ...BUILT,
        entry('release.ended', { outcome: 'superseded', reason: 'by b' }),
        entry('kept.step', { step: 'train' }),
      ],
      'superseded',
    ],
    ['its end', [...BUILT, entry('release.ended', { outcome: 'superseded', reason: 'by b' })], 'superseded'],
  ] as const) {
    it(`stays ${outcome} where ${what} had said so, and cannot be resumed around it`, () => {
      const view = ended(entries);
      assert.equal(view.outcome, outcome);
      assert.notEqual(refusalToResume(view), undefined);
    });
  }

  it('does not count what did not count', () => {
    assert.equal(ended([...ASKED, decided('reject', false)]).outcome, 'failed');
  });

  it('that was resumed is judged by what it was told last', () => {
    const before = [...IN_STAGING, entry('release.ended', { outcome: 'failed', reason: 'x' })];
    const view = ended([...before, entry('release.resumed', { number: 1 }), stage('gate', 'staging')], 1);
    assert.deepEqual([view.outcome, view.blockedBy], ['failed', undefined]);
    assert.match(view.reason ?? '', /at approve in production$/);
  });
});
