import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { AnalyseStepInput } from '../../activities/analyseStep.js';
import type { Verdict } from '../../src/domain/gate/types.js';
import type { RolloutOutcome, RolloutView } from '../../src/domain/rollout/types.js';
import type { AnalysisSpec } from '../../src/domain/spec/types.js';
import { resumeSignal, rolloutId, rolloutStateQuery } from '../../workflows/messages.js';
import { canaryIn, declares, releaseOf, untilSeen } from './acts.js';
import { allGoesWell, canary, pass } from './cast.js';
import { openScene, type Fakes, type Scene } from './scene.js';

let scene: Scene;
const usual = (): Fakes => allGoesWell(() => scene.environment.client.workflow);
before(async () => {
  scene = await openScene(usual());
});
afterEach(() => scene.answer(usual()));
after(() => scene.end());

const MINUTE = 60_000;
const limited = (limits: Partial<AnalysisSpec>, holdMs = MINUTE) => ({
  ...canary,
  steps: [10, 50].map((weight) => ({ weight, holdMs, minRequests: 100, deadlineMs: 60 * MINUTE })),
  analysis: { ...canary.analysis, ...limits },
});

/** Looks answer with these verdicts, one after the other; the last one stays. */
const seen = (...verdicts: readonly Verdict[]): Fakes => {
  let looks = 0;
  return {
    analyseStep: ({ index, step }) => {
      const verdict = verdicts[Math.min(looks++, verdicts.length - 1)] ?? 'pass';
      return { ...pass(index, step.weight), verdict, reason: `${verdict} it is`, control: { count: 1, total: looks } };
    },
  };
};

const begin = async (model: string, limits: Partial<AnalysisSpec>, looks: Fakes, holdMs?: number) => {
  scene.answer(declares(canaryIn('production', limited(limits, holdMs))));
  await scene.endOf(await releaseOf(scene, model, 'a', 1));
  const before = scene.calls.length;
  scene.answer(looks);
  await releaseOf(scene, model, 'b', 2);
  const handle = scene.environment.client.workflow.getHandle(rolloutId(model, 'production', 2));
  await untilSeen(
    () => handle.describe().catch(() => undefined),
    (described) => described !== undefined,
  );
  const inputs = (): readonly AnalyseStepInput[] =>
    scene.calls
      .slice(before)
      .flatMap(({ activity, input }) => (activity === 'analyseStep' ? [input as AnalyseStepInput] : []));
  return { handle, inputs };
};
const endOf = (handle: WorkflowHandle) => scene.endOf<RolloutOutcome>(handle);

describe('a canary whose looks have limits', () => {
  it('goes on after as many failures as may be', async () => {
    const { handle } = await begin('lax', { failureLimit: 1 }, seen('fail', 'pass'));
    assert.equal((await endOf(handle)).kind, 'completed');
  });

  it('goes back at the failure that is one too many, and counts it in each step by itself', async () => {
    const { handle, inputs } = await begin('strict', { failureLimit: 1 }, seen('fail', 'pass', 'fail', 'fail'));
    const outcome = await endOf(handle);
    assert.equal(outcome.kind === 'aborted' && outcome.reason, 'fail it is');
    assert.deepEqual(
      inputs().map(({ index }) => index),
      [0, 0, 1, 1],
    );
  });

  it('goes back at errors in a row, and not at as many in between', async () => {
    const spread = await begin('spread', { errorLimit: 1 }, seen('error', 'inconclusive', 'error', 'pass'));
    assert.equal((await endOf(spread.handle)).kind, 'completed');
    const row = await begin('row', { errorLimit: 1 }, seen('error', 'error', 'pass'));
    assert.equal((await endOf(row.handle)).kind, 'aborted');
  });

  it('pauses for a person where too many are inconclusive, says why, and goes on when resumed', async () => {
    const { handle } = await begin('unsure', { inconclusiveLimit: 1 }, seen('inconclusive'));
    const paused = await untilSeen(
      async () => {
        await scene.environment.sleep('1 minute');
        return handle.query(rolloutStateQuery);
      },
      ({ status }: RolloutView) => status === 'paused',
    );
    assert.match(paused.paused?.reason ?? '', /^2 looks were inconclusive, the last one: inconclusive it is/);
    await scene.environment.sleep('3 hours');
    assert.equal((await handle.query(rolloutStateQuery)).status, 'paused', 'no deadline passes meanwhile');
    scene.answer(seen('pass'));
    await handle.signal(resumeSignal, { by: 'oncall' });
    assert.equal((await endOf(handle)).kind, 'completed');
    assert.equal((await handle.query(rolloutStateQuery)).paused, undefined);
  });

  it('is looked at by its interval while it is held, and moves on only when it was held for its time', async () => {
    const { handle, inputs } = await begin('often', { intervalMs: MINUTE }, seen('pass'), 5 * MINUTE);
    assert.equal((await endOf(handle)).kind, 'completed');
    const looks = (step: number) => inputs().filter(({ index }) => index === step).length;
    assert.deepEqual([looks(0), looks(1)], [5, 5]);
  });

  it('tells each look of how many steps the plan is, and what the champion had last', async () => {
    const { handle, inputs } = await begin('told', {}, seen('pass'));
    await endOf(handle);
    const told = inputs().map(({ steps, control }) => [steps, control?.total]);
    assert.deepEqual(told, [
      [2, undefined],
      [2, 1],
    ]);
  });
});
