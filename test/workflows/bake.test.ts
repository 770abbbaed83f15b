/** The last chapter of a version that has all traffic: days of it, by the time-skipping server. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { BakeFound } from '../../activities/lookAtBake.js';
import type { EnvironmentState } from '../../src/domain/environment/types.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { BakeSpec } from '../../src/domain/spec/bake.js';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import { releaseId, releaseStateQuery } from '../../workflows/messages.js';
import { canaryIn, declares, releaseOf, stateOf, untilSeen, untilView } from './acts.js';
import { allGoesWell, DAY } from './cast.js';
import { openScene, type Fakes, type Scene } from './scene.js';

let scene: Scene;
let found: BakeFound['verdict'] = { kind: 'waiting', reason: '' };
/** Who is deployed is looked up as the activity does; what labels say is told by the test. */
const usual = (): Fakes => ({
  ...allGoesWell(() => scene.environment.client.workflow),
  lookAtBake: async ({ model, environment, artifactDigest }) => {
    const { champion, history }: EnvironmentState = await stateOf(scene, model, environment);
    if (champion?.artifactDigest === artifactDigest) return { since: 1, verdict: found };
    const how = history[0]?.kind === 'release' ? 'newer' : 'back';
    return { verdict: { kind: 'replaced', by: champion?.commit.slice(0, 3) ?? '', how } };
  },
});
before(async () => {
  scene = await openScene(usual());
});
afterEach(() => scene.answer(usual()));
after(() => scene.end());

const bake: BakeSpec = {
  ...{ metric: 'brier', maxLoss: 0.2, minLabels: 100, minShare: 0.5, withinMs: 12 * DAY, otherwise: 'ask' },
};
const production = (more: Partial<BakeSpec> = {}): EnvironmentSpec => ({
  ...canaryIn('production', { strategy: 'immediate' }),
  bake: { ...bake, ...more },
});
const stageOf = ({ stages }: ReleaseView) => stages.find(({ name }) => name === 'bake');
const looks = (): number => scene.callsOf('lookAtBake').length;

const deployed = async (model: string, commit: string, order: number, more: Partial<BakeSpec> = {}) => {
  found = { kind: 'waiting', reason: '10 of 20 rows have labels, and 100 are needed' };
  scene.answer(declares(production(more)));
  const release = await releaseOf(scene, model, commit, order);
  await untilView(release, (view) => stageOf(view)?.status === 'waiting');
  return release;
};
/** Half a day at a time: by the minute twelve days would take too many. */
const endOf = async (release: WorkflowHandle): Promise<ReleaseView> => {
  for (;;) {
    const view = await release.query(releaseStateQuery);
    if (view.endedAt !== undefined) return view;
    await scene.environment.sleep(DAY / 2);
  }
};

describe('a version that waits for its labels', () => {
  it('is provisional, and promoted when they say that it is sound, days later', { timeout: 60_000 }, async () => {
    const release = await deployed('confirmed', 'a', 1);
    const view = await untilView(release, () => true);
    assert.deepEqual([view.outcome, view.endedAt], ['provisional', undefined]);
    assert.match(
      stageOf(view)?.reason ?? '',
      /^waits for labels until \d{4}-\d\d-\d\d \d\d:\d\d UTC: 10 of 20 rows have labels, and 100 are needed$/,
    );
    const before = looks();
    await scene.environment.sleep(5.5 * DAY);
    assert.equal((await untilView(release, () => true)).outcome, 'provisional');
    assert.equal(looks() - before, 5, 'one look a day, a twelfth of its time');
    found = { kind: 'confirmed', reason: 'brier is 0.1' };
    const ended = await endOf(release);
    assert.deepEqual(
      [ended.outcome, stageOf(ended)?.status, stageOf(ended)?.reason],
      ['promoted', 'passed', 'brier is 0.1'],
    );
    assert.equal((await stateOf(scene, 'confirmed')).champion?.releaseId, release.workflowId);
  });

  it('goes back by its arbiter, in a new epoch, when they say that it is not', { timeout: 60_000 }, async () => {
    const first = await deployed('refuted', 'a', 1);
    found = { kind: 'confirmed', reason: 'sound' };
    await endOf(first);
    const { epoch } = await stateOf(scene, 'refuted');
    const second = await deployed('refuted', 'b', 2);
    found = { kind: 'refuted', reason: 'brier is 0.3' };
    const ended = await endOf(second);
    assert.deepEqual([ended.outcome, stageOf(ended)?.status], ['rolled_back', 'failed']);
    assert.match(ended.reason ?? '', /brier is 0\.3; a{12} serves again/);
    const state = await stateOf(scene, 'refuted');
    assert.deepEqual([state.champion?.releaseId, state.epoch], [first.workflowId, epoch + 2]);
    const told = scene.callsOf('notify') as readonly { readonly to: string; readonly subject: string }[];
    assert.deepEqual(
      told.filter(({ subject }) => subject.includes('is taken back')).map(({ to }) => to),
      ['oncall'],
    );
  });

  for (const [otherwise, outcome, champion] of [
    ['confirm', 'promoted', 'b'],
    ['revert', 'rolled_back', 'a'],
    ['ask', 'provisional', 'b'],
  ] as const)
    it(`without enough of them by the deadline: ${otherwise}`, { timeout: 60_000 }, async () => {
      const model = `late-${otherwise}`;
      const first = await deployed(model, 'a', 1);
      found = { kind: 'confirmed', reason: 'sound' };
      await endOf(first);
      const before = looks();
      const second = await deployed(model, 'b', 2, { otherwise });
      await scene.environment.sleep(11.5 * DAY);
      assert.equal((await untilView(second, () => true)).endedAt, undefined);
      const ended = await endOf(second);
      assert.equal(ended.outcome, outcome, ended.reason);
      assert.equal(looks() - before, 13, 'the first, and one for each twelfth of its time');
      const { champion: serving } = await stateOf(scene, model);
      assert.equal(serving?.releaseId, releaseId(model, champion.repeat(40)));
      assert.equal(scene.callsOf('finishRelease').length > 0, true);
    });

  it('ends at once when something newer takes its place, which did not wait for it', { timeout: 60_000 }, async () => {
    const first = await deployed('replaced', 'a', 1);
    const since = Date.now();
    const second = await deployed('replaced', 'b', 2);
    const view = await untilView(first, ({ endedAt }) => endedAt !== undefined);
    assert.deepEqual([view.outcome, view.reason], ['superseded', 'bbb took its place before enough labels were there']);
    assert.ok(Date.now() >= since);
    assert.equal((await untilView(second, () => true)).outcome, 'provisional');
    found = { kind: 'confirmed', reason: 'sound' };
    assert.equal((await endOf(second)).outcome, 'promoted');
  });

  it('ends as rolled back when somebody puts back what ran before', { timeout: 60_000 }, async () => {
    const first = await deployed('by-hand', 'a', 1);
    found = { kind: 'confirmed', reason: 'sound' };
    await endOf(first);
    const second = await deployed('by-hand', 'b', 2);
    await scene.environment.client.workflow
      .getHandle('environment/by-hand/production')
      .executeUpdate('rollback', { args: [{ requestId: 'hand', by: 'oncall', reason: 'it feels wrong' }] });
    const view = await untilView(second, ({ endedAt }) => endedAt !== undefined);
    assert.deepEqual([view.outcome, view.reason], ['rolled_back', 'aaa was put back before enough labels were there']);
  });

  it(
    'goes on in another run when it has heard too much, with its deadline and its beginning',
    { timeout: 120_000 },
    async () => {
      const release = await deployed('handed-over', 'a', 1);
      const { runId } = await release.describe();
      await Promise.all(
        Array.from({ length: 1_600 }, () => release.signal('decide', { statement: 'approve reviewer x' })),
      );
      await scene.environment.sleep(1.5 * DAY);
      const handle = scene.environment.client.workflow.getHandle(release.workflowId);
      const next = await untilSeen(
        async () => (await handle.describe()).runId,
        (run) => run !== runId,
      );
      assert.notEqual(next, runId);
      const last = scene.callsOf('lookAtBake').at(-1) as { readonly since?: number };
      assert.equal(last.since, 1, 'event time goes on where it began');
      assert.equal((await untilView(handle, () => true)).outcome, 'provisional');
      found = { kind: 'confirmed', reason: 'sound' };
      const ended = await endOf(handle);
      assert.deepEqual([ended.outcome, stageOf(ended)?.status], ['promoted', 'passed']);
      const builds = scene.callsOf('buildModel') as readonly { readonly model: string }[];
      assert.equal(builds.filter(({ model }) => model === 'handed-over').length, 1);
    },
  );
});
