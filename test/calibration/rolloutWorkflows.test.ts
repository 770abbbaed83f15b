/**
 * The same by the workflows themselves, on the time-skipping server: they decide when to look, and a simulated target
 * answers. `npm test -- calibration`.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client } from '@temporalio/client';
import type { Version } from '../../src/domain/artifact/types.js';
import { newEnvironment } from '../../src/domain/environment/newEnvironment.js';
import { FALSE_ABORTS } from '../../src/domain/rollout/falseAborts.js';
import type { RolloutOutcome, StepAnalysis, TargetCommand } from '../../src/domain/rollout/types.js';
import { randomStream } from '../../src/domain/statistics/randomStream.js';
import { environmentId, rolloutId, type RolloutInput } from '../../workflows/messages.js';
import { allGoesWell, digest } from '../workflows/cast.js';
import { openScene, type Scene } from '../workflows/scene.js';
import { binomialUpper } from './binomialUpper.js';
import { canaryOf, lookAt } from './playRollout.js';
import { renderStatistics, type CountedRollout } from './statistics.js';
import { FAULTS, simulateTarget, trainedOn, type Fault, type SimulatedTarget } from './simulatedTarget.js';

const RUNS = 1_000;
const MOST = binomialUpper(RUNS, FALSE_ABORTS);
const known = trainedOn(randomStream('training'));

describe('rollouts by their workflows, on the time-skipping server', () => {
  const TOGETHER = 50;
  /**
   * A busy target decides in few looks, as each is a timer, an activity and two tasks of a server on one core: what more looks
   * and steps would find `rollouts.test.ts` plays, where one costs a thousandth.
   */
  const [LOOKS, TIMES, WEIGHTS] = [2, 6, [10, 50, 100]] as const;
  let scene: Scene;
  interface Played {
    readonly target: SimulatedTarget;
    readonly next: () => number;
    readonly looks: StepAnalysis[];
  }
  const targets = new Map<string, Played>();
  before(async () => {
    scene = await openScene(allGoesWell(() => scene.environment.client.workflow));
  });
  after(() => scene.end());

  const version = (letter: string): Version => ({
    ...{ artifactDigest: digest(letter), releaseId: `release/m/${letter}`, commit: letter.repeat(40) },
  });
  const plan = canaryOf(LOOKS, FALSE_ABORTS, WEIGHTS);

  /** Some at the same time, with one arbiter that hears of their ends. */
  const batch = async (model: string, runs: number, fault: Fault): Promise<readonly CountedRollout[]> => {
    const client = new Client({ connection: scene.environment.connection }).workflow;
    const usual = allGoesWell(() => client);
    const keyOf = (place: { readonly model: string; readonly fence: { readonly epoch: number } }): string =>
      `${place.model}/${place.fence.epoch}`;
    const shifted = (command: TargetCommand): void =>
      targets.get(keyOf(command))!.target.shift(command.versions.find(({ role }) => role === 'candidate')?.weight ?? 0);
    scene.answer({
      shiftTraffic: (command) => {
        shifted(command);
        return usual.shiftTraffic!(command);
      },
      analyseStep: (input) => {
        const { target, next, looks } = targets.get(keyOf(input))!;
        const { index, control } = input;
        const look = lookAt(target, next, known, {
          plan,
          index,
          times: TIMES,
          ...(control === undefined ? {} : { control }),
        });
        looks.push(look);
        return look;
      },
    });
    await client.start('environment', {
      taskQueue: 'control',
      workflowId: environmentId(model, 'production'),
      args: [{ model, environment: 'production', state: newEnvironment(model, 'production', { epoch: 1_000 }) }],
    });
    const ends = Array.from({ length: runs }, async (_, index) => {
      const epoch = index + 1;
      const next = randomStream(`${model}/${epoch}`);
      const played: Played = { target: simulateTarget(next, fault), next, looks: [] };
      targets.set(`${model}/${epoch}`, played);
      const input: RolloutInput = {
        ...{ model, environment: 'production', epoch, requestId: `r${epoch}`, seq: 1, plan },
        ...{ candidate: version('c'), champion: version('a') },
      };
      const handle = await client.start('rollout', {
        taskQueue: 'control',
        workflowId: rolloutId(model, 'production', epoch),
        args: [input],
      });
      const outcome = (await handle.result()) as RolloutOutcome;
      return { outcome, looks: played.looks, answered: played.target.answered() };
    });
    let left = true;
    const all = Promise.all(ends).finally(() => (left = false));
    // To its end: one that goes on when the next batch begins leaves the clock locked under that one, at the pace of the wall.
    while (left) await scene.environment.sleep('5 minutes');
    return all;
  };

  it(`${RUNS} of sound candidates: at most ${MOST} sent back`, async (t) => {
    const rollouts: CountedRollout[] = [];
    for (let done = 0; done < RUNS; done += TOGETHER)
      rollouts.push(...(await batch(`sound-${done}`, Math.min(TOGETHER, RUNS - done), {})));
    for (const line of renderStatistics(rollouts)) t.diagnostic(line);
    const back = rollouts.filter(({ outcome }) => outcome.kind !== 'completed');
    assert.equal(rollouts.length, RUNS);
    assert.ok(back.length <= MOST, `${back.length} of ${RUNS} did not come in`);
  });

  for (const [name, fault] of Object.entries(FAULTS))
    it(`${TOGETHER} of candidates with ${name}: all but two caught, and the champion has all traffic again`, async (t) => {
      const rollouts = await batch(name.replaceAll(' ', '-'), TOGETHER, fault);
      for (const line of renderStatistics(rollouts)) t.diagnostic(line);
      const caught = rollouts.filter(({ outcome }) => outcome.kind === 'aborted' && outcome.trafficRestored);
      assert.ok(caught.length >= TOGETHER - 2);
    });
});
