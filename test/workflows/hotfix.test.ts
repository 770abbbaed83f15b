import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { decideUpdate, supersedeSignal } from '../../workflows/messages.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import { hotfixPlan } from '../../src/domain/urgency/hotfix.js';
import { canaryIn, declares, releaseOf, startRelease, stateOf, untilView } from './acts.js';
import { allGoesWell, DAY, inputOf, plan } from './cast.js';
import { openScene, type Fakes, type Scene } from './scene.js';

let scene: Scene;
const usual = (): Fakes => {
  const well = allGoesWell(() => scene.environment.client.workflow);
  return {
    ...well,
    prepareApproval: async (input) => {
      const { asking = 'approve', environment } = input;
      const prepared = (await well.prepareApproval!(input)) as { subject: object };
      return { ...prepared, subject: { ...prepared.subject, gate: `${asking}.${environment.name}` } };
    },
  };
};
before(async () => {
  scene = await openScene(usual());
});
afterEach(() => scene.answer(usual()));
after(() => scene.end());

const rule = (...roles: string[]) =>
  ({ kind: 'required', roles, quorum: 1, remindAfterMs: DAY, expireAfterMs: 9 * DAY }) as const;
const staging: EnvironmentSpec = {
  ...canaryIn('staging', { strategy: 'immediate' }),
  verify: { smokeRows: 10 },
  gates: ['quality'],
  soakMs: DAY,
  hotfix: { reviewWithinMs: DAY },
};
const production: EnvironmentSpec = {
  ...canaryIn('production', { strategy: 'immediate' }),
  approval: rule('reviewer'),
  hotfix: { approval: { ...rule('oncall'), expireAfterMs: DAY / 2 }, reviewWithinMs: 2 * DAY },
};
const decide = (release: WorkflowHandle, decision: string, who: string, jti: string): Promise<unknown> =>
  release.executeUpdate(decideUpdate, { args: [{ statement: `${decision} ${who} ${jti}` }] });
const asksForReview = ({ waiting }: ReleaseView): boolean => waiting?.subject.gate === 'review.production';
const serving = async (model: string): Promise<string | undefined> => (await stateOf(scene, model)).champion?.commit[0];

/** One version serves; a hotfix comes in on top of it, and waits for its review. */
const hotfixIn = async (model: string, approveAfter = 0): Promise<WorkflowHandle> => {
  scene.answer(declares(canaryIn('production', { strategy: 'immediate' })));
  await scene.endOf(await releaseOf(scene, model, 'a', 1));
  const hotfix = hotfixPlan({ ...plan, environments: [staging, production] });
  scene.answer(declares(...hotfix.environments));
  const trigger = { kind: 'hotfix', by: 'oncall', at: 0, reason: 'prices are wrong' } as const;
  const release = await startRelease(scene, { ...inputOf('b', 2), model, trigger });
  const asked = await untilView(release, ({ waiting }) => waiting !== undefined);
  assert.deepEqual([asked.waiting?.subject.gate, asked.waiting?.roles], ['approve.production', ['oncall']]);
  if (approveAfter > 0) await scene.environment.sleep(approveAfter);
  await decide(release, 'approve', 'oncall', `${model}-1`);
  const view = await untilView(release, asksForReview);
  assert.equal(await serving(model), 'b');
  assert.deepEqual([view.review?.environment, view.review?.replaced?.commit[0]], ['production', 'a']);
  return release;
};

describe('a hotfix', () => {
  it('waits for its own rule and not for soak, with the same smoke test and gates, and is reviewed in time', async () => {
    const release = await hotfixIn('reviewed', DAY / 4);
    const view = await untilView(release, asksForReview);
    assert.equal(view.waiting?.expireAt, view.review?.until);
    assert.deepEqual(
      view.stages.filter(({ environment }) => environment === 'staging').map(({ name, status }) => [name, status]),
      [
        ['approve', 'passed'],
        ['deploy', 'passed'],
        ['verify', 'passed'],
        ['gate', 'passed'],
      ],
    );
    await scene.environment.sleep(DAY);
    await decide(release, 'approve', 'reviewer', 'reviewed-2');
    const ended = await scene.endOf<ReleaseView>(release);
    assert.deepEqual([ended.outcome, await serving('reviewed')], ['promoted', 'b']);
    assert.equal(ended.stages.find(({ name }) => name === 'review')?.status, 'passed');
  });

  it('that nobody reviews in time gives way to what it replaced', async () => {
    const release = await hotfixIn('missed');
    const { review } = await untilView(release, asksForReview);
    const ended = await scene.endOf<ReleaseView>(release);
    assert.equal(ended.outcome, 'rolled_back');
    assert.match(ended.reason ?? '', /^nobody reviewed the hotfix in production in time; a{12} serves again$/);
    assert.ok((ended.endedAt ?? 0) >= (review?.until ?? Infinity), 'it did not wait for its review');
    assert.equal(await serving('missed'), 'a');
  });

  it('that a reviewer rejects gives way at once', async () => {
    const release = await hotfixIn('rejected');
    const { review } = await untilView(release, asksForReview);
    await decide(release, 'reject', 'reviewer', 'rejected-2');
    const ended = await scene.endOf<ReleaseView>(release);
    assert.equal(ended.outcome, 'rolled_back');
    assert.match(ended.reason ?? '', /^reviewer rejected: seen; a{12} serves again$/);
    assert.ok((ended.endedAt ?? Infinity) < (review?.until ?? 0), 'it waited for the end of its review');
    assert.equal(await serving('rejected'), 'a');
  });

  it('cannot be reviewed by its author', async () => {
    const release = await hotfixIn('own');
    await assert.rejects(decide(release, 'approve', 'author', 'own-2'));
    assert.ok(asksForReview(await untilView(release, () => true)));
    await decide(release, 'approve', 'reviewer', 'own-3');
    assert.equal((await scene.endOf<ReleaseView>(release)).outcome, 'promoted');
  });

  it('keeps its review when a newer commit comes in on top, and takes that back, too, where it is missed', async () => {
    const release = await hotfixIn('newer');
    scene.answer(declares(canaryIn('production', { strategy: 'immediate' })));
    await scene.endOf(await releaseOf(scene, 'newer', 'c', 3));
    await release.signal(supersedeSignal, { by: 'release/newer/c', order: 3 });
    assert.ok(asksForReview(await untilView(release, () => true)));
    assert.equal(await serving('newer'), 'c');
    assert.equal((await scene.endOf<ReleaseView>(release)).outcome, 'rolled_back');
    assert.equal(await serving('newer'), 'a');
  });

  it('keeps its review, and what comes back, in another run of the workflow', async () => {
    const release = await hotfixIn('carried');
    const plain = scene.environment.client.workflow.getHandle(release.workflowId);
    const first = (await plain.describe()).runId;
    for (let batch = 0; batch < 16; batch += 1)
      await Promise.all(
        Array.from({ length: 100 }, (_, one) => plain.signal('decide', { statement: `x nobody ${batch}-${one}` })),
      );
    await untilRun(plain, first);
    const view = await untilView(plain, asksForReview);
    assert.equal(view.review?.replaced?.commit[0], 'a');
    await plain.signal(supersedeSignal, { by: 'release/carried/c', order: 3 });
    const ended = await scene.endOf<ReleaseView>(plain);
    assert.deepEqual([ended.outcome, await serving('carried')], ['rolled_back', 'a']);
  });

  it('with nothing that ran before stays, and says so', async () => {
    const model = 'first';
    const { environments } = hotfixPlan({ ...plan, environments: [production] });
    scene.answer(declares(...environments));
    const trigger = { kind: 'hotfix', by: 'oncall', at: 0 } as const;
    const release = await startRelease(scene, { ...inputOf('b', 2), model, trigger });
    await untilView(release, ({ waiting }) => waiting !== undefined);
    await decide(release, 'approve', 'oncall', 'first-1');
    await untilView(release, asksForReview);
    const ended = await scene.endOf<ReleaseView>(release);
    assert.equal(ended.outcome, 'expired');
    assert.match(ended.reason ?? '', /nothing ran in production before, so this version still serves$/);
  });
});

const untilRun = async (plain: WorkflowHandle, before: string): Promise<void> => {
  for (let round = 0; (await plain.describe()).runId === before; round += 1) {
    assert.ok(round < 600, 'no other run went on');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
