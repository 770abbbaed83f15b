import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hadChampion, ranLast } from '../../../src/domain/environment/deploymentAuthority.js';
import { enqueue } from '../../../src/domain/environment/enqueue.js';
import { newEnvironment } from '../../../src/domain/environment/newEnvironment.js';
import { planRetirement, retirementAct } from '../../../src/domain/environment/planRetirement.js';
import { recoverState } from '../../../src/domain/environment/recoverState.js';
import { refuseLate, retirementRequest, sendAway } from '../../../src/domain/environment/retire.js';
import { RETIREMENT_COUNTS_MS, retirementOnRecord, wordFor } from '../../../src/domain/environment/retirementWord.js';
import { settle } from '../../../src/domain/environment/settle.js';
import { startNext } from '../../../src/domain/environment/startNext.js';
import type { DeploymentEntry, DeploymentRequest, EnvironmentState } from '../../../src/domain/environment/types.js';
import type { TargetState } from '../../../src/domain/rollout/types.js';
import { version } from './requests.js';

const asked = { requestId: 'retirement-1', by: 'operator', reason: 'the season is over' };
const served: EnvironmentState = newEnvironment('m', 'production', {
  ...{ epoch: 4, champion: version(2), championOrder: 2, previous: version(1) },
});
const release = (order: number): DeploymentRequest => ({
  ...{ requestId: `r${order}`, kind: 'release', version: version(order), rollout: { strategy: 'immediate' }, order },
  ...{ replyTo: `release/m/c${order}`, by: 'author', reason: '' },
});
const completed = { kind: 'completed', steps: [] } as const;

/** The state after a retirement that came as planned, and how it ended. */
const retired = (before = served) => {
  const { state } = enqueue(before, retirementRequest(version(2), asked, { epoch: before.epoch, incidents: [] }));
  const begun = startNext(state, 10);
  assert.equal(begun.start?.epoch, before.epoch + 1);
  const settled = settle(begun.state, before.epoch + 1, completed, 20);
  assert.ok(settled.kind === 'settled');
  return settled;
};

describe('a retirement', () => {
  it('leaves no champion, an empty pointer with its epoch, and the way back', () => {
    const { state, entry, pointer, settled } = retired();
    assert.deepEqual([state.champion, state.championOrder, state.previous], [undefined, undefined, version(2)]);
    assert.deepEqual(state.retired, { epoch: 5, version: version(2), by: 'operator', reason: asked.reason, at: 20 });
    assert.deepEqual([entry.outcome, entry.kind, entry.reason], ['retired', 'retirement', asked.reason]);
    assert.deepEqual(pointer, { model: 'm', environment: 'production', epoch: 5, at: 20, retired: true });
    assert.equal(settled.outcome.kind, 'retired');
  });

  it('that did not come to its end changes nothing', () => {
    const { state } = enqueue(served, retirementRequest(version(2), asked, { epoch: 4, incidents: [] }));
    const begun = startNext(state, 10);
    const aborted = { kind: 'aborted', reason: 'target_unreachable', steps: [], trafficRestored: true } as const;
    const settled = settle(begun.state, 5, aborted, 20);
    assert.ok(settled.kind === 'settled');
    assert.deepEqual([settled.state.champion, settled.state.retired], [version(2), undefined]);
    assert.deepEqual([settled.entry.outcome, settled.pointer], ['rolled_back', undefined]);
  });

  for (const [what, state] of [
    ['another epoch', { ...served, epoch: 5 }],
    ['another champion', { ...served, champion: version(3) }],
  ] as const)
    it(`of what was looked at in ${what} is refused when its turn comes`, () => {
      const queued = enqueue(state, retirementRequest(version(2), asked, { epoch: 4, incidents: [] })).state;
      const { start, replies } = startNext(queued, 10);
      assert.equal(start, undefined);
      const [reply] = replies;
      assert.deepEqual(reply?.settled.outcome.kind === 'refused' && reply.settled.outcome.code, 'plan_changed');
    });

  it('whose word counts no more when its turn comes is refused, and says so', () => {
    const request = retirementRequest(version(2), asked, { epoch: 4, incidents: [], until: 10 });
    const queued = enqueue(served, request).state;
    assert.equal(startNext(queued, 10).start?.epoch, 5);
    const { start, replies, state } = startNext(queued, 11);
    assert.deepEqual([start, state.queue], [undefined, []]);
    const { outcome } = replies[0]!.settled;
    assert.ok(outcome.kind === 'refused');
    assert.equal(outcome.code, 'retirement_expired');
    assert.match(outcome.reason, /^the word of operator counted until 1970-01-01 00:00 UTC/);
  });

  it('aborts no rollout that began in the same moment: its turn comes later, and is no more', () => {
    const active = { epoch: 5, request: release(3), startedAt: 1 };
    const request = retirementRequest(version(2), asked, { epoch: 4, incidents: [] });
    assert.equal(enqueue({ ...served, epoch: 5, active }, request).abort, undefined);
  });

  it('supersedes what was on its way and waits, and refuses repairs; a rollback that a person asked for stays', () => {
    const rollback: DeploymentRequest = { ...release(1), requestId: 'by-hand', kind: 'rollback' };
    const { replyTo: _, ...byHand } = rollback;
    const repair: DeploymentRequest = { ...release(2), requestId: 'repair', kind: 'remediation' };
    const wayBack: DeploymentRequest = { ...release(1), requestId: 'back', kind: 'rollback' };
    const { state } = retired({
      ...served,
      newest: { releaseId: 'release/m/c3', order: 3 },
      announced: [{ releaseId: 'release/m/c3', order: 3 }],
    });
    const sent = sendAway({ ...state, queue: [wayBack, byHand, repair, release(3)] });
    assert.deepEqual(
      sent.replies.map(({ request, settled }) => [request.requestId, settled.outcome.kind]),
      [
        ['r3', 'superseded'],
        ['back', 'refused'],
        ['repair', 'refused'],
      ],
    );
    assert.deepEqual(
      sent.superseded.map(({ releaseId }) => releaseId),
      ['release/m/c3'],
    );
    assert.deepEqual([sent.state.announced, sent.state.newest], [[], undefined]);
    assert.deepEqual(
      sent.state.queue.map(({ requestId }) => requestId),
      ['by-hand'],
    );
  });

  it('is undone by no repair, and by no way back of a release that come later', () => {
    const { state } = retired();
    for (const kind of ['remediation', 'rollback'] as const) {
      const { start, replies } = startNext(enqueue(state, { ...release(1), kind }).state, 30);
      assert.deepEqual([start, replies[0]?.settled.outcome.kind], [undefined, 'refused']);
    }
  });

  it('is followed by a later release, older than what ran or not, like a first one, and then is no more', () => {
    for (const order of [1, 9]) {
      const { state, replies } = enqueue(retired().state, release(order));
      assert.deepEqual(replies, []);
      const begun = startNext(state, 30);
      assert.equal(begun.start?.epoch, 6);
      const settled = settle(begun.state, 6, completed, 40);
      assert.ok(settled.kind === 'settled');
      assert.deepEqual(
        [settled.state.champion, settled.state.previous, settled.state.retired],
        [version(order), undefined, undefined],
      );
      assert.equal(settled.settled.outcome.kind === 'deployed' && settled.settled.outcome.replaced, undefined);
    }
  });
});

describe('a release that arrives after the retirement', () => {
  const { state } = retired();
  const late = { ...release(3), since: 19 };

  it('and began before is refused once, with who retired it', () => {
    const refused = refuseLate(state, late);
    const { outcome } = refused!.replies[0]!.settled;
    assert.ok(outcome.kind === 'refused');
    assert.equal(outcome.code, 'model_retired');
    assert.match(outcome.reason, /^model_retired: the model was retired by operator: the season is over, and left/);
    assert.equal(refuseLate(refused!.state, late), undefined, 'a repeat hears what is remembered');
    assert.deepEqual(enqueue(refused!.state, late).replies[0]?.settled.outcome, outcome);
  });

  for (const [what, request, before] of [
    ['began since', { ...late, since: 21 }, state],
    ['was begun again on purpose, or tells nothing', release(3), state],
    ['finds another version, by which the order is kept', late, { ...state, champion: version(1), retired: undefined }],
    ['is a rollback that a person asked for', { ...late, kind: 'rollback' }, state],
  ] as const)
    it(`may come where it ${what}`, () =>
      assert.equal(refuseLate(before as EnvironmentState, request as DeploymentRequest), undefined));
});

describe('the plan of a retirement', () => {
  it('says what is under way and on its way; its digest is over what is done', () => {
    const planned = planRetirement({
      ...served,
      active: { epoch: 4, request: release(3), startedAt: 1 },
      announced: [{ releaseId: 'release/m/c3', order: 3 }],
      queue: [release(3), release(4)],
    });
    assert.ok(planned.kind === 'planned');
    assert.deepEqual(planned.plan.underWay?.epoch, 4);
    assert.deepEqual(planned.plan.releases, ['release/m/c3', version(4).releaseId]);
    const idle = planRetirement(served);
    assert.ok(idle.kind === 'planned');
    assert.deepEqual(retirementAct(idle.plan), retirementAct(planned.plan));
    const later = planRetirement({ ...served, epoch: 5 });
    assert.ok(later.kind === 'planned');
    assert.notDeepEqual(retirementAct(idle.plan), retirementAct(later.plan));
  });

  it('of nothing is refused, and says who retired it', () => {
    assert.equal(planRetirement(newEnvironment('m', 'production')).kind, 'refused');
    const coming = planRetirement({
      ...newEnvironment('m', 'production'),
      active: { epoch: 1, request: release(1), startedAt: 1 },
    });
    assert.equal(
      coming.kind === 'refused' && coming.code,
      'rollout_active',
      'what comes first has the traffic already',
    );
    const again = planRetirement(retired().state);
    assert.match(again.kind === 'refused' ? again.reason : '', /retired by operator, the season is over/);
  });
});

describe('the word for a retirement', () => {
  let seq = 0;
  const written = (kind: string, body: object, entryId = `e${seq}`) => ({
    ...{ seq: (seq += 1), kind, entryId, at: seq },
    body: body as Readonly<Record<string, unknown>>,
  });
  const deployed = (epoch: number, order: number) =>
    written('deployment.deployed', { epoch, version: version(order), outcome: 'deployed' });
  const word = written(
    'retirement.asked',
    { ...asked, after: 4, from: version(2).artifactDigest, plan: version(9).artifactDigest },
    'retirement/4/0',
  );
  const carriedOut = written('deployment.retired', {
    ...{ epoch: 5, version: version(2), outcome: 'retired', by: 'operator', reason: '', endedAt: 9 },
  });
  const withdrawn = written('retirement.withdrawn', { word: 'retirement/4/0' });
  const may = () => undefined;

  it('counts for the passage right after it, on what runs', () => {
    const found = wordFor([deployed(4, 2), word], 5, may);
    assert.equal(found.kind === 'given' && found.word.by, 'operator');
  });

  for (const [what, entries, epoch, why] of [
    ['for another passage', [deployed(4, 2), word], 6, /no word of an operator for epoch 6/],
    ['that was never said', [deployed(4, 2)], 5, /no word of an operator/],
    ['that was taken back', [deployed(4, 2), word, withdrawn], 5, /no word of an operator/],
    ['that is used', [deployed(4, 2), word, carriedOut], 5, /is used/],
    ['that a deployment has overtaken', [deployed(4, 2), word, deployed(5, 3)], 5, /is used/],
    ['on another version', [deployed(4, 3), word], 5, /another version/],
  ] as const)
    it(`does not count ${what}`, () => {
      const found = wordFor(entries, epoch, may);
      assert.match(found.kind === 'missing' ? found.reason : 'given', why);
    });

  it('counts for an hour, and is written down whenever it was carried out in that', () => {
    const end = word.at + RETIREMENT_COUNTS_MS;
    const at = (now?: number) => wordFor([deployed(4, 2), word], 5, may, now);
    assert.deepEqual([at(end).kind, at(end + 1).kind, at().kind], ['given', 'expired', 'given']);
    const late = at(end + 1);
    assert.match(late.kind === 'expired' ? late.reason : '', /of operator counted until 1970-01-01 01:00 UTC, and was/);
    const boasts = { ...word, body: { ...word.body, until: 9e15 } };
    assert.equal(wordFor([deployed(4, 2), boasts], 5, may, end + 1).kind, 'expired', 'it is as old as its entry');
    assert.equal(wordFor([deployed(4, 2), word], 6, may, end + 1).kind, 'missing');
  });

  it('does not count of who may not say it now', () => {
    const found = wordFor([deployed(4, 2), word], 5, () => 'operator was revoked');
    assert.match(found.kind === 'missing' ? found.reason : '', /operator was revoked/);
  });

  it('carried out, nothing runs on record until the next deployment', () => {
    const left = [deployed(4, 2), word, carriedOut];
    assert.deepEqual([ranLast(left), hadChampion(left), retirementOnRecord(left)?.epoch], [undefined, false, 5]);
    const back = [...left, deployed(6, 3)];
    assert.deepEqual([ranLast(back), hadChampion(back)], [version(3).artifactDigest, true]);
    assert.equal(retirementOnRecord(back), undefined);
  });
});

describe('an arbiter that begins anew after a retirement', () => {
  const entry = (epoch: number, outcome: DeploymentEntry['outcome']) => ({
    kind: `deployment.${outcome}`,
    body: {
      ...{
        requestId: `r${epoch}`,
        kind: 'release',
        epoch,
        version: version(2),
        outcome,
        by: 'operator',
        reason: 'done',
      },
      ...{ startedAt: 1, endedAt: epoch },
    },
  });
  const ledger = [entry(4, 'deployed'), entry(5, 'retired')];
  const target = (epoch: number) => ({
    kind: 'told' as const,
    state: {
      fence: { epoch, seq: 1 },
      versions: [{ artifactDigest: version(2).artifactDigest, weight: 100, role: 'champion' }],
    } as unknown as TargetState,
  });
  const late = { ...{ model: 'm', environment: 'production', epoch: 4, at: 1 }, ...version(2) };
  const known = { ledger, target: { kind: 'never' as const }, versions: [version(2)] };

  for (const [what, memory] of [
    ['the ledger alone', known],
    ['a pointer that was not moved', { ...known, pointer: late }],
    ['an empty pointer', { ...known, pointer: { ...late, epoch: 5, retired: true as const } }],
    ['a target that forgot it', { ...known, target: target(4) }],
  ] as const)
    it(`does not bring the model back by ${what}`, () => {
      const found = recoverState('m', 'production', memory);
      assert.deepEqual([found?.state.champion, found?.state.previous], [undefined, version(2)]);
      assert.deepEqual([found?.state.epoch, found?.state.retired?.by], [6, 'operator']);
    });

  it('says that a target forgot it', () => {
    const found = recoverState('m', 'production', { ...known, target: target(4) });
    assert.match(found?.disagreements.join() ?? '', /forgotten epoch 5, in which the model was retired by operator/);
  });

  it('believes a target that was told something later', () => {
    const found = recoverState('m', 'production', { ...known, target: target(6) });
    assert.deepEqual([found?.state.champion, found?.state.retired], [version(2), undefined]);
  });
});
