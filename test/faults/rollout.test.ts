import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Digest } from '../../src/domain/artifact/types.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { until } from '../supervisor/scene.js';
import { commandsOf } from './observe.js';
import {
  approvePassage,
  callProduction,
  heldFor,
  hexOf,
  killServer,
  killWorkers,
  NOBODY,
  type Passage,
} from './passages.js';
import type { PatientCallers } from './patientCallers.js';
import { openFaults, seconds, type FaultScene } from './scene.js';

/** So long that a kill lands within its step. */
const SLOW = heldFor('2s');

type Moment = (scene: FaultScene, passage: Passage) => Promise<unknown>;

const command =
  (number: number): Moment =>
  ({ product }, { commands }) =>
    until(() => commandsOf(product, 'production').length >= commands + number);

const MOMENTS: Readonly<Record<string, Moment>> = {
  'the candidate comes up': command(1),
  'half of the traffic': command(2),
  'all of the traffic': command(3),
  'the verification': ({ product }, { release }) =>
    product.untilRelease(
      release,
      ({ stages, outcome }: ReleaseView) =>
        outcome !== undefined ||
        stages.some((one) => one.name === 'verify' && one.environment === 'production' && one.startedAt !== undefined),
    ),
};

type Victim = (scene: FaultScene, passage: Passage) => Promise<unknown>;
const VICTIMS: Readonly<Record<string, Victim>> = {
  'the serving node': ({ product }) => product.kill9('serving-production'),
  'the candidate’s model server': (scene, { candidate }) => killServer(scene, candidate),
  // It may be gone at the end of a passage: then the one that took its place dies.
  'the champion’s model server': (scene, { champion, candidate }) => killServer(scene, champion, candidate),
  'both workers': killWorkers,
  'the API': ({ product }) => product.kill9('api'),
};

describe('given callers that send a failed request once more', () => {
  let scene: FaultScene;
  let callers: PatientCallers | undefined;
  before(async () => {
    scene = await openFaults({ workers: 1, traffic: false });
  });
  after(async () => {
    await callers?.stop();
    await scene.close();
  });

  it('F49: when each process is killed at each point of a rollout, then every request is answered, by no wrong version', async (test) => {
    callers = callProduction(scene);
    const calling = callers;
    const approved = (champion: Digest) => approvePassage(scene, calling, champion, SLOW);
    const first = await approved(NOBODY);
    assert.equal((await scene.ended(first.release)).outcome, 'promoted');
    const releases: Record<string, string> = { [first.release]: 'promoted' };
    let champion = first.candidate;
    callers.expect(hexOf(champion));
    const waitedAtFirst = callers.retried();
    const victims = Object.entries(VICTIMS);
    for (let round = 0; round < victims.length; round += 1) {
      const passage = await approved(champion);
      for (const [index, [when, comes]] of Object.entries(MOMENTS).entries()) {
        const [who, kill] = victims[(round + index) % victims.length]!;
        await comes(scene, passage);
        const began = performance.now();
        const [before, again] = [callers.answered(), callers.retried()];
        await kill(scene, passage);
        const took = seconds(performance.now() - began);
        await callers.pass(20);
        const [asked, twice] = [callers.answered() - before, callers.retried() - again];
        test.diagnostic(`${when} | ${who} | ${took} | ${asked} requests, ${twice} of them twice`);
      }
      const { outcome, reason } = await scene.ended(passage.release);
      assert.equal(outcome, 'promoted', reason);
      releases[passage.release] = 'promoted';
      champion = passage.candidate;
      callers.expect(hexOf(champion));
      await callers.pass(50);
    }
    const { answered, retried, failures, wrong } = await callers.stop();
    test.diagnostic(`${answered} requests answered, ${retried} of them asked twice`);
    assert.deepEqual([failures.slice(0, 5), wrong.slice(0, 5)], [[], []]);
    assert.ok(retried > waitedAtFirst, 'the serving node died under callers');
    await scene.settle(
      test,
      `${victims.length * Object.keys(MOMENTS).length} kills within ${victims.length} rollouts`,
      releases,
    );
  });
});
