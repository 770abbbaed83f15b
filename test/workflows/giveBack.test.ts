import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { decideUpdate } from '../../workflows/messages.js';
import { releaseOf, stateOf, untilView } from './acts.js';
import { allGoesWell, DAY, digest, plan } from './cast.js';
import { openScene, type Fakes, type Scene } from './scene.js';

let scene: Scene;
const usual = (): Fakes => allGoesWell(() => scene.environment.client.workflow);
before(async () => {
  scene = await openScene(usual());
});
afterEach(() => scene.answer({ notify: undefined, ...usual() } as Fakes));
after(() => scene.end());

const start = (model: string, commit: string, order: number): Promise<WorkflowHandle> =>
  releaseOf(scene, model, commit, order);
const outcomeOf = async (model: string, commit: string, order: number): Promise<ReleaseView> =>
  scene.endOf(await start(model, commit, order));

/** Production asks nobody, and is verified. */
const verifiedProduction = (): Fakes => ({
  runChecks: () => ({
    verdict: 'pass',
    reason: '2 checks passed',
    plan: {
      ...plan,
      environments: plan.environments.map((one) =>
        one.name === 'production' ? { ...one, approval: { kind: 'none' as const }, verify: { smokeRows: 10 } } : one,
      ),
    },
    authorship: { authors: ['author'], unknown: [], trigger: 'author' },
    evidence: digest('1'),
  }),
});
const differsInProduction = (commit: string): Fakes => ({
  smokeTest: ({ environment, artifactDigest }) =>
    environment === 'production' && artifactDigest === digest(commit)
      ? { verdict: 'fail', reason: 'answers differ', evidence: digest('4') }
      : { verdict: 'pass', reason: '10 rows', evidence: digest('4') },
});

describe('a version that serves and then fails its evidence', () => {
  it('gives way to what ran before', async () => {
    scene.answer(verifiedProduction());
    assert.equal((await outcomeOf('undone', 'a', 1)).outcome, 'promoted');
    scene.answer(differsInProduction('b'));
    const view = await outcomeOf('undone', 'b', 2);
    assert.deepEqual(
      [view.outcome, view.reason],
      ['rolled_back', 'smoke_failed: answers differ; aaaaaaaaaaaa serves again'],
    );
    const production = await stateOf(scene, 'undone', 'production');
    assert.deepEqual([production.champion?.artifactDigest, production.epoch], [digest('a'), 3]);
  });

  it('stays, and the release says so, where nothing ran before', async () => {
    scene.answer({ ...verifiedProduction(), ...differsInProduction('d') });
    const view = await outcomeOf('first', 'd', 1);
    assert.equal(view.outcome, 'failed');
    assert.match(view.reason ?? '', /answers differ; nothing ran in production before/);
  });
});

describe('receivers that do not answer', () => {
  it('hold up nobody who can decide', async () => {
    const { prepareApproval } = usual();
    const asked: string[] = [];
    const unreachable = [{ to: 'reviewer', reason: 'no channel is configured for reviewer' }];
    const untold = { id: 'requested', kind: 'approval_requested', to: 'reviewer', subject: '', body: '', data: {} };
    scene.answer({
      prepareApproval: async (input) => ({
        ...((await prepareApproval?.(input)) as object),
        untold: [untold],
        unreachable,
      }),
      notify: ({ id }) => {
        asked.push(id);
        throw new Error('connection refused');
      },
    });
    const handle = await start('unheard', 'e', 1);
    const until = (seen: (view: ReleaseView) => boolean): Promise<ReleaseView> => untilView(handle, seen);
    const { waiting } = await until((view) => view.waiting !== undefined);
    assert.deepEqual(waiting?.unreachable, unreachable);
    await scene.environment.sleep(DAY + 1_000);
    await until((view) => view.waiting?.reminders === 1);
    await handle.executeUpdate(decideUpdate, { args: [{ statement: 'approve reviewer j9' }] });
    assert.equal(((await handle.result()) as ReleaseView).outcome, 'promoted');
    assert.ok(asked.includes('requested'), asked.join(', '));
  });
});
