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
import type { RolloutOutcome, TargetCommand } from '../../src/domain/rollout/types.js';
import { randomStream } from '../../src/domain/statistics/randomStream.js';
import { environmentId, rolloutId, type RolloutInput } from '../../workflows/messages.js';
import { allGoesWell, digest } from '../workflows/cast.js';
import { openScene, type Scene } from '../workflows/scene.js';
import { binomialUpper } from './binomialUpper.js';
import { canaryOf, lookAt } from './playRollout.js';
import { FAULTS, simulateTarget, trainedOn, type Fault, type SimulatedTarget } from './simulatedTarget.js';

const RUNS = 1_000;
const MOST = binomialUpper(RUNS, FALSE_ABORTS);
const known = trainedOn(randomStream('training'));

const told = (ended: readonly { readonly reason: string }[]): string =>
  ended
    .slice(0, 3)
    .map(({ reason }) => reason)
    .join(' | ');

describe('rollouts by their workflows, on the time-skipping server', () => {
  const TOGETHER = 50;
  const LOOKS = 4;
  let scene: Scene;
  const targets = new Map<string, { readonly target: SimulatedTarget; readonly next: () => number }>();
  before(async () => {
    scene = await openScene(allGoesWell(() => scene.environment.client.workflow));
  });
  after(() => scene.end());

  const version = (letter: string): Version => ({
    ...{ artifactDigest: digest(letter), releaseId: `release/m/${letter}`, commit: letter.repeat(40) },
  });
  const plan = canaryOf(LOOKS, FALSE_ABORTS);

  /** Some at the same time, with one arbiter that hears of their ends. */
  const batch = async (model: string, runs: number, fault: Fault): Promise<readonly RolloutOutcome[]> => {
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
        const { target, next } = targets.get(keyOf(input))!;
        const { index, control } = input;
        return lookAt(target, next, known, { plan, index, ...(control === undefined ? {} : { control }) });
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
      targets.set(`${model}/${epoch}`, { target: simulateTarget(next, fault), next });
      const input: RolloutInput = {
        ...{ model, environment: 'production', epoch, requestId: `r${epoch}`, seq: 1, plan },
        ...{ candidate: version('c'), champion: version('a') },
      };
      const handle = await client.start('rollout', {
        taskQueue: 'control',
        workflowId: rolloutId(model, 'production', epoch),
        args: [input],
      });
      return handle.result() as Promise<RolloutOutcome>;
    });
    let left = true;
    const all = Promise.all(ends).finally(() => (left = false));
    while (left) await Promise.race([all, scene.environment.sleep('5 minutes')]);
    return all;
  };

  it(`${RUNS} of sound candidates: at most ${MOST} sent back`, async (t) => {
    const outcomes: RolloutOutcome[] = [];
    for (let done = 0; done < RUNS; done += TOGETHER)
      outcomes.push(...(await batch(`sound-${done}`, Math.min(TOGETHER, RUNS - done), {})));
    const back = outcomes.filter((one) => one.kind === 'aborted');
    t.diagnostic(`${back.length} of ${RUNS} sent back; ${scene.callsOf('analyseStep').length} looks`);
    assert.equal(outcomes.length, RUNS);
    assert.ok(back.length <= MOST, `${back.length}: ${told(back)}`);
  });

  for (const [name, fault] of Object.entries(FAULTS))
    it(`${TOGETHER} of candidates with ${name}: all but two caught, and the champion has all traffic again`, async (t) => {
      const outcomes = await batch(name.replaceAll(' ', '-'), TOGETHER, fault);
      const caught = outcomes.filter((one) => one.kind === 'aborted' && one.trafficRestored);
      t.diagnostic(`${caught.length} of ${TOGETHER}`);
      assert.ok(caught.length >= TOGETHER - 2);
    });
});
