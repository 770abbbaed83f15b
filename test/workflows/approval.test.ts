import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { EnvironmentSpec, RequiredApproval } from '../../src/domain/spec/types.js';
import { commentedSignal, decideUpdate, releaseId, requestDeploymentSignal } from '../../workflows/messages.js';
import { arbiterOf, canaryIn, declares, releaseOf, untilSeen, untilView } from './acts.js';
import { allGoesWell, DAY, digest, judge } from './cast.js';
import { openScene, type Scene } from './scene.js';

let scene: Scene;
before(async () => {
  scene = await openScene(allGoesWell(() => scene.environment.client.workflow));
});
after(() => scene.end());

const asking = (approval: Partial<RequiredApproval>): EnvironmentSpec => ({
  ...canaryIn('production', { strategy: 'immediate' }),
  approval: {
    ...{ kind: 'required', roles: ['reviewer'], quorum: 1, remindAfterMs: DAY, expireAfterMs: 9 * DAY },
    ...approval,
  },
});

const decider = (release: WorkflowHandle) => async (statement: string) =>
  (await release.executeUpdate(decideUpdate, { args: [{ statement }] })).state;

describe('changes that somebody asks for', () => {
  it('hold the release until the same person approves, and its author hears of them', async () => {
    scene.answer(declares(asking({})));
    scene.answer({ verifyDecision: ({ statement }) => ({ record: judge(statement), evidenceChanged: false }) });
    const release = await releaseOf(scene, 'changes', 'd', 1);
    await untilView(release, ({ waiting }) => waiting !== undefined);
    const decide = decider(release);
    assert.equal(await decide('request-changes first k1'), 'waiting');
    assert.equal(await decide('approve second k2'), 'waiting');
    const heard = () =>
      (scene.callsOf('notify') as readonly { kind: string; to: string }[]).filter(
        ({ kind }) => kind === 'changes_requested',
      );
    await untilSeen(
      async () => heard(),
      ({ length }) => length > 0,
    );
    assert.equal(await decide('approve first k3'), 'approved');
    assert.equal((await scene.endOf<ReleaseView>(release)).outcome, 'promoted');
    assert.deepEqual(
      heard().map(({ to }) => to),
      ['author'],
    );
  });
});

describe('what somebody says of a release', () => {
  const LATER = Date.now() + 365 * DAY;
  const said = (id: string, kind: 'comment' | 'question', by: string) => ({ id, kind, by, at: LATER });
  const told = (before: number) =>
    untilSeen(
      async () => (scene.callsOf('notify') as readonly { kind: string; to: string }[]).slice(before),
      ({ length }) => length >= 2,
    );

  it('is told to those whom it concerns, once, without its words, and as the store has it', async () => {
    scene.answer(declares(asking({})));
    const store = [said('000001-a', 'question', 'reviewer')];
    scene.answer({ lookForComments: () => store });
    const release = await releaseOf(scene, 'said', 'e', 1);
    await untilView(release, ({ waiting }) => waiting !== undefined);
    const before = scene.callsOf('notify').length;
    await release.signal('commented', { comment: 7 });
    // Whatever the message says of it.
    await release.signal(commentedSignal, { comment: '000009-made-up', kind: 'comment', by: 'somebody' });
    await untilView(release, ({ lastComment }) => lastComment === '000001-a');
    store.push(said('000002-b', 'comment', 'author'));
    for (const comment of ['000001-a', '000002-b'])
      await release.signal(commentedSignal, { comment, kind: 'question', by: 'reviewer' });
    await untilView(release, ({ lastComment }) => lastComment === '000002-b');
    // Each on its own way: neither waits for the other.
    assert.deepEqual((await told(before)).map(({ kind, to }) => `${kind} ${to}`).sort(), [
      'comment_added reviewer',
      'question_asked author',
    ]);
    assert.equal(await decider(release)('reject reviewer k9'), 'rejected');
    assert.equal((await scene.endOf<ReleaseView>(release)).outcome, 'rejected');
  });

  it('is looked for ever less often while messages say there is something and there is nothing', async () => {
    scene.answer(declares(asking({})));
    const store: ReturnType<typeof said>[] = [];
    scene.answer({ lookForComments: () => store });
    const release = await releaseOf(scene, 'made-up', 'e', 1);
    await untilView(release, ({ waiting }) => waiting !== undefined);
    const [looks, notices] = [scene.callsOf('lookForComments').length, scene.callsOf('notify').length];
    const lie = (at: number) =>
      release.signal(commentedSignal, { comment: `made-up-${at}`, kind: 'question', by: 'reviewer' });
    for (let at = 0; at < 50; at += 1) {
      await lie(at);
      await scene.environment.sleep('6 minutes');
    }
    const looked = scene.callsOf('lookForComments').length - looks;
    assert.ok(looked >= 5 && looked <= 12, `${looked} looks in five hours`);
    assert.equal(scene.callsOf('notify').length, notices);
    // What is said then is told all the same, an hour later at most.
    store.push(said('000001-a', 'question', 'reviewer'), said('000001-b', 'question', 'oncall'));
    await lie(50);
    await scene.environment.sleep('1 hour');
    await untilView(release, ({ lastComment }) => lastComment === '000001-b');
    assert.equal((await told(notices)).length, 2);
    assert.equal(await decider(release)('reject reviewer k10'), 'rejected');
    assert.equal((await scene.endOf<ReleaseView>(release)).outcome, 'rejected');
  });
});

describe('an approval by two people', () => {
  it('begins anew where the evidence changed in between: nobody approved what is shown now', async () => {
    scene.answer(declares(asking({ quorum: 2 })));
    const earlier: (readonly string[])[] = [];
    scene.answer({
      verifyDecision: ({ statement, earlier: judged }) => {
        earlier.push(judged.map(({ jti }) => jti));
        if (!statement.endsWith('changed')) return { record: judge(statement), evidenceChanged: false };
        return {
          record: { ...judge(statement), counted: false, refusal: 'statement_mismatch' },
          evidenceChanged: true,
        };
      },
    });
    const release = await releaseOf(scene, 'voided', 'c', 1);
    await untilView(release, ({ waiting }) => waiting !== undefined);
    const decide = decider(release);
    assert.equal(await decide('approve first j1'), 'waiting');
    await assert.rejects(decide('approve second changed'), WorkflowUpdateFailedError);
    assert.equal(await decide('approve second j2'), 'waiting', 'one of two, because the first is void');
    assert.equal(await decide('approve first j3'), 'approved');
    assert.deepEqual(earlier, [[], ['j1'], [], ['j2']]);
    const view = await scene.endOf<ReleaseView>(release);
    assert.deepEqual([view.outcome, view.artifactDigest], ['promoted', digest('c')]);
  });
});

describe('authority that is lost before it is used', () => {
  it('does not count: the release says so, goes on waiting, and asks those who are left', async () => {
    scene.answer(declares(asking({ quorum: 2 })));
    const lost = { jti: 'l1', subject: 'first', reason: 'first has none of the roles reviewer' };
    scene.answer({
      verifyDecision: ({ statement }) => ({
        record: judge(statement),
        evidenceChanged: false,
        ...(statement.endsWith('l2') ? { lapsed: [lost] } : {}),
      }),
    });
    const release = await releaseOf(scene, 'lapsed', 'e', 1);
    await untilView(release, ({ waiting }) => waiting !== undefined);
    const decide = decider(release);
    assert.equal(await decide('approve first l1'), 'waiting');
    assert.equal(await decide('approve second l2'), 'waiting', 'the first does not count any more');
    const { decisions, waiting } = await untilView(release, ({ waiting: wait }) => wait?.stands === '1 of 2 approvals');
    assert.equal(waiting?.stands, '1 of 2 approvals');
    assert.deepEqual(
      decisions.map(({ lapsed }) => lapsed?.code),
      ['authority_lapsed', undefined],
    );
    assert.equal(await decide('approve third l3'), 'approved');
    assert.equal((await scene.endOf<ReleaseView>(release)).outcome, 'promoted');
    const told = scene.callsOf('notify') as readonly { kind: string; to: string }[];
    assert.deepEqual(
      told.filter(({ kind }) => kind === 'authority_lapsed').map(({ to }) => to),
      ['reviewer'],
    );
  });
});

describe('evidence that changes while people are reminded', () => {
  it('voids what was decided, says what changed, and tells who had decided', async () => {
    scene.answer(declares(asking({ quorum: 2 })));
    const authorship = { authors: ['author'], unknown: [], trigger: 'author' };
    const { prepareApproval } = allGoesWell(() => scene.environment.client.workflow);
    scene.answer({
      verifyDecision: ({ statement }) => ({ record: judge(statement), evidenceChanged: false }),
      prepareApproval: (input) => ({
        ...(prepareApproval?.(input) as object),
        authorship,
        changes: input.shown === undefined ? [] : ['production went from epoch 0 to 1'],
      }),
    });
    const release = await releaseOf(scene, 'reminded', 'f', 1);
    await untilView(release, ({ waiting }) => waiting !== undefined);
    assert.equal(await decider(release)('approve first m1'), 'waiting');
    await scene.environment.sleep('25 hours');
    const { decisions, waiting } = await untilView(release, ({ waiting: wait }) => wait?.changed !== undefined);
    assert.deepEqual(waiting?.changed?.changes, ['production went from epoch 0 to 1']);
    assert.equal(decisions[0]?.lapsed?.code, 'evidence_changed');
    const told = () =>
      (scene.callsOf('notify') as readonly { kind: string; to: string }[]).map((n) => `${n.kind} ${n.to}`);
    await untilSeen(
      async () => told(),
      (all) => all.includes('decision_void first'),
    );
    assert.equal(await decider(release)('reject first m2'), 'rejected');
    assert.equal((await scene.endOf<ReleaseView>(release)).outcome, 'rejected');
  });
});

describe('an environment that moves on while a release waits to enter it', () => {
  it('has the release look again at once, and void what was decided', async () => {
    scene.answer(declares(asking({ quorum: 2 })));
    const authorship = { authors: ['author'], unknown: [], trigger: 'author' };
    const { prepareApproval } = allGoesWell(() => scene.environment.client.workflow);
    const moved = () => scene.callsOf('recordDeployment').length > 0;
    scene.answer({
      verifyDecision: ({ statement }) => ({ record: judge(statement), evidenceChanged: false }),
      prepareApproval: (input) => ({
        ...(prepareApproval?.(input) as object),
        authorship,
        changes: input.shown !== undefined && moved() ? ['production went from epoch 0 to 1'] : [],
      }),
    });
    const model = 'moved';
    const release = await releaseOf(scene, model, 'a', 2);
    await untilView(release, ({ waiting }) => waiting !== undefined);
    assert.equal(await decider(release)('approve first n1'), 'waiting');
    const version = {
      artifactDigest: digest('e'),
      releaseId: releaseId(model, 'e'.repeat(40)),
      commit: 'e'.repeat(40),
    };
    await arbiterOf(scene, model).signal(requestDeploymentSignal, {
      ...{ requestId: 'by hand', kind: 'remediation', version, rollout: { strategy: 'immediate' }, order: 0 },
      ...{ by: 'oncall', reason: 'back' },
    });
    const { decisions, waiting } = await untilView(release, ({ waiting: wait }) => wait?.changed !== undefined);
    assert.deepEqual([waiting?.reminders, decisions[0]?.lapsed?.code], [0, 'evidence_changed']);
    assert.equal(await decider(release)('reject first n2'), 'rejected');
    assert.equal((await scene.endOf<ReleaseView>(release)).outcome, 'rejected');
  });
});

describe('somebody who cannot be told of a wait', () => {
  it('is named in the release, and the operators hear of it', async () => {
    scene.answer(allGoesWell(() => scene.environment.client.workflow));
    scene.answer(declares(asking({})));
    const told: { kind: string; to: string; id: string }[] = [];
    scene.answer({
      notify: (notification: (typeof told)[number]) => {
        told.push(notification);
        if (notification.to === 'reviewer')
          throw ApplicationFailure.nonRetryable('the receiver answered HTTP 410', 'notification_refused');
      },
      verifyDecision: ({ statement }) => ({ record: judge(statement), evidenceChanged: false }),
    });
    const release = await releaseOf(scene, 'untold', 'e', 1);
    await untilView(release, (view) => view.waiting !== undefined);
    await scene.environment.sleep('25h');
    await untilView(release, (view) => view.waiting?.reminders === 1);
    const { waiting } = await untilView(release, (view) => (view.waiting?.unreachable ?? []).length > 0);
    assert.deepEqual(waiting?.unreachable, [{ to: 'reviewer', reason: 'the receiver answered HTTP 410' }]);
    await untilSeen(
      async () => told.filter(({ to }) => to === 'operator'),
      ({ length }) => length > 0,
    );
    const [notice] = told.filter(({ to }) => to === 'operator');
    assert.deepEqual(
      [notice?.kind, notice?.id],
      ['notification_undelivered', `${told.find(({ to }) => to === 'reviewer')?.id}/undelivered`],
    );
    assert.equal(await decider(release)('approve first j1'), 'approved');
    assert.equal((await scene.endOf<ReleaseView>(release)).outcome, 'promoted');
  });
});
