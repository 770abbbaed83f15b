import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { EnvironmentState } from '../../src/domain/environment/types.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { decideSignal, decideUpdate, releaseStateQuery, type ReleaseInput } from '../../workflows/messages.js';
import { startRelease, stateOf, untilView } from './acts.js';
import { allGoesWell, canary, DAY, digest, inputOf, judge, pass, plan } from './cast.js';
import { openScene, type Scene } from './scene.js';

let scene: Scene;
before(async () => {
  scene = await openScene(allGoesWell(() => scene.environment.client.workflow));
});
after(() => scene.end());

const start = (input: ReleaseInput): Promise<WorkflowHandle> => startRelease(scene, input);

const until = async (handle: WorkflowHandle, condition: (view: ReleaseView) => boolean): Promise<ReleaseView> => {
  const view = await untilView(handle, (seen) => condition(seen) || seen.outcome !== undefined);
  if (!condition(view)) assert.fail(`ended ${view.outcome}: ${view.reason}`);
  return view;
};

const environmentOf = (model: string, name: string): Promise<EnvironmentState> => stateOf(scene, model, name);

const refusalOf = async (promise: Promise<unknown>): Promise<string | null | undefined> => {
  try {
    await promise;
    return undefined;
  } catch (error) {
    assert.ok(error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure, String(error));
    return error.cause.type;
  }
};

const model = (name: string): ReleaseInput['model'] => name;

describe('release', () => {
  it('goes through every environment, and is promoted after an approval by somebody else', async () => {
    const input = { ...inputOf('c', 1), model: model('happy') };
    const handle = await start(input);
    const waiting = await until(handle, (view) => view.waiting !== undefined);
    assert.equal(waiting.waiting?.environment, 'production');
    assert.equal(
      await refusalOf(handle.executeUpdate(decideUpdate, { args: [{ statement: 'approve author j1' }] })),
      'self_approval',
    );
    const receipt = await handle.executeUpdate(decideUpdate, { args: [{ statement: 'approve reviewer j2' }] });
    assert.deepEqual(receipt, { jti: 'j2', counted: true, state: 'approved' });
    const view = (await handle.result()) as ReleaseView;
    assert.equal(view.outcome, 'promoted', view.reason);
    assert.deepEqual(
      view.decisions.map((decision) => decision.counted),
      [false, true],
    );
    assert.ok(
      view.stages.every((stage) => stage.status === 'passed'),
      JSON.stringify(view.stages),
    );
    const production = await environmentOf('happy', 'production');
    assert.equal(production.champion?.artifactDigest, digest('c'));
    assert.deepEqual(
      production.history.map((entry) => [entry.epoch, entry.outcome]),
      [[1, 'deployed']],
    );
    assert.equal(production.announced.length, 0);
  });

  it('waits for days, reminds, and expires; silence is never a yes', async () => {
    const handle = await start({ ...inputOf('d', 1), model: model('silent') });
    const view = (await handle.result()) as ReleaseView;
    assert.equal(view.outcome, 'expired');
    const reminders = scene.callsOf('notify').filter((call) => (call as { id: string }).id.includes('silent'));
    assert.equal(reminders.length, 8);
    assert.ok((view.endedAt ?? 0) - view.startedAt >= 9 * DAY);
  });

  it('ends rejected with the reason', async () => {
    const handle = await start({ ...inputOf('e', 1), model: model('rejected') });
    await until(handle, (view) => view.waiting !== undefined);
    await handle.executeUpdate(decideUpdate, { args: [{ statement: 'reject reviewer j3' }] });
    const view = (await handle.result()) as ReleaseView;
    assert.equal(view.outcome, 'rejected');
    assert.match(view.reason ?? '', /reviewer/);
  });

  it('records a forged signal and goes on waiting', async () => {
    const handle = await start({ ...inputOf('f', 1), model: model('forged') });
    await until(handle, (view) => view.waiting !== undefined);
    await handle.signal(decideSignal, { statement: 'approve nobody j4' });
    const view = await until(handle, (seen) => seen.decisions.length === 1);
    assert.deepEqual(
      view.decisions.map((decision) => [decision.counted, decision.refusal]),
      [[false, 'statement_unsigned']],
    );
    assert.ok(view.waiting !== undefined);
    await handle.cancel();
    assert.equal(((await handle.result()) as ReleaseView).outcome, 'cancelled');
  });

  it('tells when each decision arrived, however long it waited to be judged', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    scene.answer({
      verifyDecision: async ({ statement }) => {
        if (statement.endsWith('j5')) await held;
        return { record: judge(statement), evidenceChanged: false };
      },
    });
    const handle = await start({ ...inputOf('b', 1), model: model('stamped') });
    const { waiting } = await until(handle, (view) => view.waiting !== undefined);
    await handle.signal(decideSignal, { statement: 'approve nobody j5' });
    await handle.signal(decideSignal, { statement: 'approve reviewer j6' });
    // Its answer is younger than what was sent before it.
    await handle.query(releaseStateQuery);
    const both = await scene.environment.currentTimeMs();
    release();
    assert.equal((await scene.endOf<ReleaseView>(handle)).outcome, 'promoted');
    scene.answer(allGoesWell(() => scene.environment.client.workflow));
    const judged = scene.callsOf('verifyDecision') as readonly { statement: string; arrivedAt?: number }[];
    const [first = NaN, second = NaN] = ['j5', 'j6'].map(
      (jti) => judged.find(({ statement }) => statement.endsWith(jti))?.arrivedAt,
    );
    assert.ok((waiting?.since ?? NaN) <= first && first <= second && second <= both, `${first} ${second} ${both}`);
  });

  it('is blocked by a gate, with its verdict', async () => {
    scene.answer({
      evaluateGates: () => ({ verdict: 'insufficient_data', reason: 'quality: 3 of 1000 rows', evidence: digest('6') }),
    });
    const view = (await (await start({ ...inputOf('a', 1), model: model('gated') })).result()) as ReleaseView;
    scene.answer(allGoesWell(() => scene.environment.client.workflow));
    assert.equal(view.outcome, 'blocked');
    assert.equal(view.blockedBy, 'insufficient_data');
  });

  it('ends failed where a step fails for good, and says why', async () => {
    scene.answer({
      buildModel: () => {
        throw ApplicationFailure.nonRetryable('train exited with code 3', 'step_failed');
      },
    });
    const view = (await (await start({ ...inputOf('b', 1), model: model('broken') })).result()) as ReleaseView;
    scene.answer(allGoesWell(() => scene.environment.client.workflow));
    assert.equal(view.outcome, 'failed');
    assert.match(view.reason ?? '', /step_failed: train exited with code 3/);
  });

  it('lets nobody wait for a Git host that is away: whoever counts on its end hears it first', async () => {
    let tries = 0;
    scene.answer({
      evaluateGates: () => ({ verdict: 'fail', reason: 'quality: worse', evidence: digest('6') }),
      finishRelease: () => ({ reported: false }),
      reportRelease: () => {
        tries += 1;
        if (tries < 3) throw ApplicationFailure.retryable('the host is away', 'repository_unreachable');
      },
    });
    const handle = await start({ ...inputOf('d', 1), model: model('unreported') });
    assert.equal(((await handle.result()) as ReleaseView).outcome, 'blocked');
    scene.answer(allGoesWell(() => scene.environment.client.workflow));
    assert.equal(tries, 3);
    const { events } = await handle.fetchHistory();
    const told = events?.findIndex((event) => Boolean(event.signalExternalWorkflowExecutionInitiatedEventAttributes));
    const reported = events?.findIndex(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'reportRelease',
    );
    assert.ok(told !== undefined && reported !== undefined && told > 0 && told < reported, `${told} ${reported}`);
  });

  it('gives way to a newer commit while it waits', async () => {
    const older = await start({ ...inputOf('1', 1), model: model('two') });
    await until(older, (view) => view.waiting !== undefined);
    const newer = await start({ ...inputOf('2', 2), model: model('two') });
    const view = await scene.endOf<ReleaseView>(older);
    assert.equal(view.outcome, 'superseded');
    await until(newer, (seen) => seen.waiting !== undefined);
    await newer.executeUpdate(decideUpdate, { args: [{ statement: 'approve reviewer j5' }] });
    assert.equal((await scene.endOf<ReleaseView>(newer)).outcome, 'promoted');
  });

  it('rolls back a bad canary: the champion has all traffic again, and nobody was asked', async () => {
    const automatic = {
      ...plan,
      environments: [
        {
          name: 'production',
          approval: { kind: 'automatic' } as const,
          rollout: canary,
          verify: { smokeRows: 0 },
          gates: [],
        },
      ],
    };
    scene.answer({
      runChecks: () => ({
        verdict: 'pass',
        reason: 'ok',
        plan: automatic,
        authorship: { authors: ['author'], unknown: [], trigger: 'author' },
        evidence: digest('1'),
      }),
    });
    const good = await scene.endOf<ReleaseView>(await start({ ...inputOf('3', 1), model: model('canary') }));
    assert.equal(good.outcome, 'promoted', good.reason);
    scene.answer({
      analyseStep: ({ index, step }) => ({
        ...pass(index, step.weight),
        verdict: step.weight >= 50 ? 'fail' : 'pass',
        reason: 'predictions moved',
      }),
    });
    const bad = await scene.endOf<ReleaseView>(await start({ ...inputOf('4', 2), model: model('canary') }));
    scene.answer(allGoesWell(() => scene.environment.client.workflow));
    assert.equal(bad.outcome, 'rolled_back');
    assert.match(bad.reason ?? '', /predictions moved/);
    const production = await environmentOf('canary', 'production');
    assert.equal(production.champion?.artifactDigest, digest('3'));
    const last = scene.callsOf('shiftTraffic').at(-1) as {
      versions: readonly { artifactDigest: string; weight: number }[];
    };
    assert.deepEqual(
      last.versions.map(({ artifactDigest, weight }) => [artifactDigest, weight]),
      [[digest('3'), 100]],
    );
  });
});
