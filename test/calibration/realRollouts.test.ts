/** Rollouts through real processes: a serving node, two model servers of the same model, callers that do not wait. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { analyseStep } from '../../src/domain/rollout/analyseStep.js';
import { decideNextStep } from '../../src/domain/rollout/decideNextStep.js';
import type { StepAnalysis } from '../../src/domain/rollout/types.js';
import { makeArtifact, REFERENCE, storeArtifact, testModel, type TestArtifact } from '../fixtures/artifact.js';
import { inferBody } from '../fixtures/inferRequests.js';
import { startLoad, type SteadyLoad } from '../fixtures/steadyLoad.js';
import { MODEL, openScene, targetVersion, type Scene } from '../serving/scene.js';

const ROLLOUTS = 20;
const LOOKS = 3;
/** Between two looks. */
const REQUESTS = 120;

const steps = [10, 50, 100].map((weight) => ({ weight, holdMs: LOOKS, minRequests: 50, deadlineMs: 100 * LOOKS }));
const analysis = {
  ...{ maxErrorRateIncrease: 0.01, maxLatencyRatio: 2, maxPredictionDistance: 0.1, maxFeatureDistance: 0.1 },
  intervalMs: 1,
};
const bodies = [
  { hour: 7, distance: 100, origin: 'a' },
  { hour: 15, distance: 900, origin: 'b' },
  { hour: 22, distance: 40, origin: 'c' },
].map((row) => inferBody([row]));

describe(`${ROLLOUTS} rollouts of a model beside itself, with real servers under load`, () => {
  let scene: Scene;
  let twin: TestArtifact;
  let loads: readonly SteadyLoad[] = [];
  before(async () => {
    scene = await openScene();
    // The same model; only what it is tried with on its way up differs, so that it is another version.
    twin = makeArtifact(testModel(0.1), { smoke: null });
    await storeArtifact(scene.node.store, twin);
    await scene.apply(targetVersion(scene.first, 100), targetVersion(twin, 0, 'candidate'));
    await scene.ready(scene.first.artifactDigest, twin.artifactDigest);
    const url = `${scene.node.url()}/v2/models/${MODEL}/infer`;
    loads = bodies.map((body) => startLoad(url, body, 2));
  });
  after(async () => {
    await Promise.all(loads.map((load) => load.stop()));
    await scene.node.discard();
  });

  const look = async (index: number, control: StepAnalysis['control']): Promise<StepAnalysis> => {
    await Promise.all(loads.map((load) => load.pass(REQUESTS / loads.length)));
    const { counters } = await scene.node.target.measure(MODEL, 'test');
    const of = (digest: string) => counters.find(({ artifactDigest }) => artifactDigest === digest);
    return analyseStep({
      ...{ index, step: steps[index]!, analysis, steps: steps.length, sameInputs: true },
      ...{ candidate: of(twin.artifactDigest), champion: of(scene.first.artifactDigest) },
      ...{ references: REFERENCE.features, championReferences: REFERENCE.features },
      ...(control === undefined ? {} : { control }),
    });
  };

  const rollOut = async (): Promise<{ readonly reason?: string; readonly looks: number }> => {
    let control: StepAnalysis['control'];
    let looks = 0;
    for (const [index, step] of steps.entries()) {
      await scene.apply(targetVersion(scene.first, 100 - step.weight), targetVersion(twin, step.weight, 'candidate'));
      for (let elapsedMs = 1; ;) {
        const found = await look(index, control);
        control = found.control;
        looks += 1;
        const next = decideNextStep({ step, analysis: found, elapsedMs, limits: analysis, last: index === 2 });
        if (next.kind === 'abort') return { reason: next.reason, looks };
        if (next.kind === 'complete') return { looks };
        if (next.kind === 'advance') break;
        // A look is what time is counted in here.
        elapsedMs += 1;
      }
    }
    return { looks };
  };

  it('none is sent back', async (t) => {
    const back: string[] = [];
    let looks = 0;
    for (let rollout = 0; rollout < ROLLOUTS; rollout += 1) {
      const ended = await rollOut();
      looks += ended.looks;
      if (ended.reason !== undefined) back.push(ended.reason);
    }
    const results = await Promise.all(loads.map((load) => load.stop()));
    const answered = results.reduce((sum, one) => sum + one.answered, 0);
    t.diagnostic(`${back.length} of ${ROLLOUTS} sent back at ${looks} looks, ${answered} requests`);
    assert.deepEqual(
      results.flatMap(({ failures }) => failures),
      [],
    );
    assert.deepEqual(back, []);
  });
});
