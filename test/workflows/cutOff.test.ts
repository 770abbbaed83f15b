import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { decideUpdate, supersedeSignal } from '../../workflows/messages.js';
import { releaseOf, untilSeen, untilView } from './acts.js';
import { allGoesWell, judge } from './cast.js';
import { openScene, type Fakes, type Scene } from './scene.js';

let scene: Scene;
const usual = (): Fakes => allGoesWell(() => scene.environment.client.workflow);
before(async () => {
  scene = await openScene(usual());
});
/** Ends the judgement that a test holds. */
let free: () => void = () => undefined;
afterEach(() => {
  free();
  scene.answer(usual());
});
after(() => scene.end());

/** A release that waits for its reviewer. */
const waitingRelease = async (model: string): Promise<WorkflowHandle> => {
  const release = await releaseOf(scene, model, 'e', 1);
  await untilView(release, ({ waiting }) => waiting !== undefined);
  return release;
};

/** A judgement that has begun when this says so, and has no end before `free`. */
const heldJudgement = (): Promise<void> => {
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const freed = new Promise<void>((resolve) => (free = resolve));
  scene.answer({
    verifyDecision: async ({ statement }) => {
      begin();
      await freed;
      return { record: judge(statement), evidenceChanged: false };
    },
  });
  return begun;
};

/** Time stands still: the server skips none of it while a judgement is held. */
const endOf = async (release: WorkflowHandle): Promise<ReleaseView> => {
  await untilSeen(
    async () => (await release.describe()).status.name,
    (status) => status !== 'RUNNING',
  );
  return (await release.result()) as ReleaseView;
};

/** The error of an update that was refused. */
const refusalOf = async (deciding: Promise<unknown>): Promise<Error | undefined> => {
  const answer = await deciding.then(
    () => assert.fail('the decision counted'),
    (error: unknown) => error,
  );
  assert.ok(answer instanceof WorkflowUpdateFailedError, String(answer));
  return answer.cause;
};

const decide = (release: WorkflowHandle, statement: string): Promise<unknown> =>
  release.executeUpdate(decideUpdate, { args: [{ statement }] });

describe('a decision whose judging is cut off', () => {
  it('by a newer commit is refused, and the release ends', { timeout: 60_000 }, async () => {
    const begun = heldJudgement();
    const release = await waitingRelease('overtaken');
    const refusal = refusalOf(decide(release, 'approve reviewer j1'));
    await begun;
    await release.signal(supersedeSignal, { by: 'release/overtaken/newer', order: 2 });
    const view = await endOf(release);
    assert.equal(view.outcome, 'superseded');
    assert.deepEqual(
      view.decisions.map(({ counted, refusal: code }) => [counted, code]),
      [[false, 'not_waiting']],
    );
    const cause = await refusal;
    assert.ok(cause instanceof ApplicationFailure && cause.type === 'not_waiting', String(cause));
  });

  it('by a cancellation is refused, and the release ends', { timeout: 60_000 }, async () => {
    const begun = heldJudgement();
    const release = await waitingRelease('stopped');
    const refusal = refusalOf(decide(release, 'approve reviewer j1'));
    await begun;
    await release.cancel();
    const view = await endOf(release);
    assert.equal(view.outcome, 'cancelled');
    const cause = await refusal;
    assert.ok(cause instanceof ApplicationFailure && cause.type === 'not_waiting', String(cause));
  });

  it('by a failure for good is refused, and the release ends', { timeout: 60_000 }, async () => {
    scene.answer({
      verifyDecision: () => {
        throw ApplicationFailure.nonRetryable('the chain does not continue', 'ledger_tampered');
      },
    });
    const release = await waitingRelease('unjudged');
    const refusal = refusalOf(decide(release, 'approve reviewer j1'));
    const view = await endOf(release);
    assert.deepEqual([view.outcome, view.reason], ['failed', 'ledger_tampered: the chain does not continue']);
    const cause = await refusal;
    assert.ok(cause instanceof ApplicationFailure && cause.type === 'not_waiting', String(cause));
  });

  it(
    'when it was judged, and what comes after it fails, is answered as it was judged',
    { timeout: 60_000 },
    async () => {
      const release = await waitingRelease('rejudged');
      scene.answer({
        verifyDecision: ({ statement }) => ({
          record: { ...judge(statement), counted: false, refusal: 'evidence_changed' },
          evidenceChanged: true,
        }),
        prepareApproval: () => {
          throw ApplicationFailure.nonRetryable('no evidence is left', 'artifact_unknown');
        },
      });
      const refusal = refusalOf(decide(release, 'approve reviewer j1'));
      const view = await endOf(release);
      assert.equal(view.outcome, 'failed');
      assert.deepEqual(
        view.decisions.map(({ jti, refusal: code }) => [jti, code]),
        [['j1', 'evidence_changed']],
      );
      const cause = await refusal;
      assert.ok(cause instanceof ApplicationFailure && cause.type === 'evidence_changed', String(cause));
    },
  );
});
