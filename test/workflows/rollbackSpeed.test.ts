/** How soon the champion has everything again, in intervals of the look: a machine's pace is no measure. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { DeploymentEntry } from '../../src/domain/environment/types.js';
import type { StepAnalysis, TargetCommand } from '../../src/domain/rollout/types.js';
import type { RolloutSpec } from '../../src/domain/spec/types.js';
import { untilSeen } from './acts.js';
import { allGoesWell, canary, digest, pass } from './cast.js';
import { beginRollout, outcomeOf } from './rollouts.js';
import { openScene, type Fakes, type Scene } from './scene.js';

let scene: Scene;
const usual = (): Fakes => allGoesWell(() => scene.environment.client.workflow);
before(async () => {
  scene = await openScene(usual());
});
afterEach(() => scene.answer(usual()));
after(() => scene.end());

const INTERVAL = 600_000;
const HOLD = 12 * INTERVAL;
const watched: RolloutSpec = {
  ...canary,
  steps: [10, 50].map((weight) => ({ weight, holdMs: HOLD, minRequests: 100, deadlineMs: 2 * HOLD })),
  analysis: { ...canary.analysis, intervalMs: INTERVAL },
};

const found = (name: string): Partial<StepAnalysis> => ({
  ...{ verdict: 'fail', reason: `${name} is 4, beyond its limit of 2` },
  measurements: [{ name, value: 4, limit: 2, verdict: 'fail' }],
});

/**
 * From the third look on something is wrong: it began when the second was over. Answers when that was, when the champion had
 * everything again, and what is kept of the one that lost.
 */
const goesWrong = async (model: string, wrong: Partial<StepAnalysis>) => {
  const looks: StepAnalysis[] = [];
  let began = 0;
  let back = 0;
  const { rollout } = await beginRollout(scene, model, watched, {
    analyseStep: async ({ index, step }) => {
      const look = { ...pass(index, step.weight), ...(looks.length < 2 ? {} : wrong) };
      looks.push(look);
      if (looks.length === 2) began = await scene.environment.currentTimeMs();
      return look;
    },
    shiftTraffic: async ({ versions }) => {
      const [only] = versions;
      if (versions.length === 1 && only?.artifactDigest === digest('a') && only.weight === 100)
        back = await scene.environment.currentTimeMs();
      return undefined;
    },
  });
  const outcome = await outcomeOf(scene, rollout);
  const recorded = await untilSeen(
    async () =>
      (scene.callsOf('recordDeployment') as { model: string; entry: DeploymentEntry }[]).filter(
        (call) => call.model === model,
      ),
    ({ length }) => length === 2,
  );
  return { looks, intervals: (back - began) / INTERVAL, outcome, entry: recorded.at(-1)?.entry };
};

describe('a candidate that goes wrong while it is held', () => {
  for (const [what, name] of [
    ['by failed analysis', 'error_rate_increase'],
    ['by health', 'restarts'],
  ] as const)
    it(`is back within two intervals, ${what}, long before its hold ends`, async () => {
      const { looks, intervals, outcome, entry } = await goesWrong(`wrong-${name.replaceAll('_', '-')}`, found(name));
      assert.ok(intervals > 0 && intervals <= 2, `${intervals} intervals`);
      assert.equal(looks.length, 3, 'the first look that finds it is the last');
      assert.ok(outcome.kind === 'aborted' && outcome.trafficRestored);
      assert.match(outcome.reason, new RegExp(`^${name} is 4`));
      assert.deepEqual(outcome.steps.at(-1)?.measurements, looks.at(-1)?.measurements, 'what it lost by is kept');
      assert.deepEqual([entry?.outcome, entry?.version.artifactDigest], ['rolled_back', digest('b')]);
    });

  it('has no traffic from the look that found it on', async () => {
    const before = scene.calls.length;
    await goesWrong('nothing-after', found('restarts'));
    const calls = scene.calls.slice(before);
    const last = calls.findLastIndex(({ activity }) => activity === 'analyseStep');
    const shares = calls
      .slice(last)
      .filter(({ activity }) => activity === 'shiftTraffic')
      .map(({ input }) =>
        (input as TargetCommand).versions.map(({ artifactDigest, weight }) => [artifactDigest, weight]),
      );
    assert.deepEqual(shares, [[[digest('a'), 100]]]);
  });
});
