/** A release that somebody who reaches the engine tells on by hand, with a view of their own. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Resumption } from '../../src/domain/release/resumePoint.js';
import type { DecisionRecord, ReleaseView } from '../../src/domain/release/types.js';
import { canaryIn, declares, startRelease } from './acts.js';
import { allGoesWell, digest, inputOf } from './cast.js';
import { openScene, type Scene } from './scene.js';

const decision = (jti: string): DecisionRecord => ({
  ...{ at: 1, jti, subject: 'reviewer', decision: 'approve', reason: '', counted: true },
});
const passed = { environment: 'production', by: ['oncall', 'operator'], reason: 'r', at: 1, incidentId: 'incident/i' };
/** Of another release, which passed. */
const view: ReleaseView = {
  ...{ releaseId: `release/other/${'d'.repeat(40)}`, model: 'other', repository: 'other', commit: 'd'.repeat(40) },
  ...{ order: 1, params: {}, startedAt: 5, outcome: 'failed', artifactDigest: digest('d'), stages: [] },
  trigger: { kind: 'commit', by: 'author', at: 0 },
  decisions: [decision('forged')],
};
const input = (model: string) => ({ ...inputOf('c', 1), model, resume: { number: 1, view } });

describe('a release told on by hand', () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene({
      ...allGoesWell(() => scene.environment.client.workflow),
      ...declares(canaryIn('production', { strategy: 'immediate' })),
      recallRelease: () => ({ finished: [], decisions: [decision('signed')], breakGlass: [passed] }),
    });
  });
  after(() => scene.end());

  it('asks what its own ledger says, and has the decisions that stand there', async () => {
    const ended = await scene.endOf<ReleaseView>(await startRelease(scene, input('m')));
    assert.equal(ended.outcome, 'promoted', ended.reason);
    assert.deepEqual(ended.decisions, [decision('signed')]);
    assert.deepEqual(ended.breakGlass, [passed], 'what it was let pass stays with it');
    const [asked] = scene.callsOf('recallRelease') as readonly Resumption[];
    assert.deepEqual([asked?.view.releaseId, asked?.view.model], [`release/m/${'c'.repeat(40)}`, 'm']);
  });

  it('ends without a word where it had ended for good: its record stays', async () => {
    const before = scene.calls.length;
    scene.answer({
      recallRelease: () => {
        throw ApplicationFailure.nonRetryable('it is blocked', 'not_resumable');
      },
    });
    const handle = await startRelease(scene, input('blocked'));
    await assert.rejects(scene.endOf(handle), (error) => error instanceof WorkflowFailedError);
    assert.deepEqual(
      scene.calls.slice(before).map(({ activity }) => activity),
      ['recallRelease'],
    );
  });
});
