/** A place that somebody handed on, in a release that hears so much meanwhile that another run of it goes on. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { placesHandedOver } from '../../src/domain/approval/handedOver.js';
import { personBehind, standingDecisions } from '../../src/domain/approval/tallyDecisions.js';
import type { DecisionRecord, ReleaseView } from '../../src/domain/release/types.js';
import { decideSignal, decideUpdate } from '../../workflows/messages.js';
import { canaryIn, declares, releaseOf, untilView } from './acts.js';
import { allGoesWell, DAY, judge } from './cast.js';
import { openRealScene, type Fakes, type Scene } from './scene.js';

const NOISE = 2_000;
const approval = {
  kind: 'required',
  roles: ['reviewer'],
  quorum: 2,
  remindAfterMs: DAY,
  expireAfterMs: 9 * DAY,
} as const;

/** The deputy has no role: their word counts as long as the release still knows whose place they have. */
const verifyDecision: Fakes['verifyDecision'] = ({ statement, earlier }) => {
  const record = judge(statement);
  const delegated = { ...record, to: 'deputy' };
  const place = placesHandedOver(earlier).find(({ to }) => to.includes(record.subject));
  const inPlace = { ...record, person: place?.of, inPlaceOf: place?.of } as DecisionRecord;
  const isRepeat = standingDecisions(earlier).some(
    (one) => personBehind(one) === record.subject && one.decision === record.decision,
  );
  if (isRepeat) return { record: { ...record, counted: false, refusal: 'already_decided' }, evidenceChanged: false };
  const judged: DecisionRecord =
    record.decision === 'delegate'
      ? delegated
      : record.subject !== 'deputy'
        ? record
        : place === undefined
          ? { ...record, counted: false, refusal: 'forbidden' }
          : inPlace;
  return { record: judged, evidenceChanged: false };
};

describe('a delegation', () => {
  let scene: Scene;
  before(async () => {
    scene = await openRealScene(allGoesWell(() => scene.environment.client.workflow));
  });
  after(() => scene.end());

  it('goes along to the next run of a release that waits, and both people stay one', { timeout: 170_000 }, async () => {
    scene.answer({ ...declares({ ...canaryIn('production', { strategy: 'immediate' }), approval }), verifyDecision });
    const release = await releaseOf(scene, 'handed', 'a', 1);
    await untilView(release, ({ waiting }) => waiting !== undefined);
    const current = scene.environment.client.workflow.getHandle(release.workflowId);
    const decide = async (statement: string): Promise<string> =>
      (await current.executeUpdate(decideUpdate, { args: [{ statement }] })).state;
    const first = (await current.describe()).runId;

    await assert.rejects(decide('approve deputy early-1'), 'nobody has handed anything on yet');
    assert.equal(await decide('delegate reviewer hands-1'), 'waiting');
    for (let sent = 0; sent < NOISE; sent += 50)
      await Promise.all(
        Array.from({ length: 50 }, (_, at) =>
          current.signal(decideSignal, { statement: `approve nobody noise-${sent + at}` }),
        ),
      );
    await untilView(current, (view) => view.decisions.length + (view.unlistedDecisions ?? 0) === NOISE + 2);
    assert.notEqual((await current.describe()).runId, first, 'another run goes on');

    assert.equal(await decide('approve deputy place-1'), 'waiting');
    const placed = await untilView(current, () => true);
    assert.match(placed.waiting?.stands ?? '', /^1 of 2 approvals/);
    assert.equal(placed.decisions.find(({ jti }) => jti === 'place-1')?.inPlaceOf, 'reviewer');
    await assert.rejects(decide('approve reviewer own-1'), 'the same voice');
    assert.equal(await decide('approve second other-1'), 'approved');
    const ended = (await current.result()) as ReleaseView;
    assert.equal(ended.outcome, 'promoted');
  });
});
