/** What people said to a rollout outlives whoever heard it: processes are killed while it is paused, and while it is aborted. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Digest } from '../../src/domain/artifact/types.js';
import type { CanaryProgress } from '../../src/domain/rollout/canaryProgress.js';
import type { TargetState } from '../../src/domain/rollout/types.js';
import { eventually } from '../fixtures/eventually.js';
import { FERRIES } from '../fixtures/product.js';
import { commandsOf } from './observe.js';
import {
  approvePassage,
  callProduction,
  heldFor,
  hexOf,
  killServer,
  killWorkers,
  NOBODY,
  serverOf,
  type Passage,
} from './passages.js';
import type { PatientCallers } from './patientCallers.js';
import { openFaults, seconds, type FaultScene } from './scene.js';

interface Production {
  readonly epoch: number;
  readonly champion?: { readonly artifactDigest: Digest };
  readonly canary?: CanaryProgress;
  readonly serving: TargetState | null;
}

interface Look {
  readonly verdict: string;
  readonly measurements?: readonly { readonly name: string; readonly value: number }[];
}

/** Steered, and not overtaken: the first step ends when somebody says so. */
const STEERED = heldFor('10m', { 'weight: 100, hold: 10m': 'weight: 100, hold: 1s' });
/** Never enough requests, and a look every second: only what needs no requests can decide. */
const WATCHED = heldFor('2s', { 'minRequests: 5': 'minRequests: 1000000', 'analysis: {': 'analysis: { interval: 1s,' });

const VICTIMS: Readonly<Record<string, (scene: FaultScene, passage: Passage) => Promise<unknown>>> = {
  'both workers': killWorkers,
  'the serving node': ({ product }) => product.kill9('serving-production'),
  'the candidate’s model server': (scene, { candidate }) => killServer(scene, candidate),
  'the API': ({ product }) => product.kill9('api'),
};

describe('given a rollout that people steer, and callers that send a failed request once more', () => {
  let scene: FaultScene;
  let callers: PatientCallers;
  let champion: Digest;
  const releases: Record<string, string> = {};
  before(async () => {
    scene = await openFaults({ workers: 1, traffic: false });
    callers = callProduction(scene);
    const first = await approvePassage(scene, callers, NOBODY, heldFor('0s'));
    await ends(first, 'promoted');
    champion = first.candidate;
  });
  after(async () => {
    await callers.stop();
    await scene.close();
  });

  const production = async (): Promise<Production> => {
    const answer = await scene.product.request('GET', `/api/v1/models/${FERRIES}/environments/production`);
    return (await answer.json()) as Production;
  };
  const shares = ({ serving }: Production) =>
    serving?.versions.map(({ servedDigest, weight, ready }) => [servedDigest, weight, ready]);
  const says = async (word: string): Promise<void> => {
    const words = ['rollout', word, FERRIES, 'production', '--reason', 'latency looks odd', '--yes'];
    const { exit, stderr } = await scene.product.slipway(words, 'oncall');
    assert.equal(exit, 0, stderr);
  };
  const ends = async ({ release }: Passage, as: string): Promise<string> => {
    const { outcome, reason = '' } = await scene.ended(release);
    assert.equal(outcome, as, reason);
    releases[release] = as;
    return reason;
  };
  /** Half of the traffic, and paused there. */
  const paused = async (): Promise<Passage> => {
    const passage = await approvePassage(scene, callers, champion, STEERED);
    await eventually(async () => assert.equal((await production()).canary?.weight, 50), 120_000);
    await says('pause');
    await eventually(async () => assert.equal((await production()).canary?.status, 'paused'), 60_000);
    return passage;
  };
  /** As it was before the kill: nobody took the pause, or the share, from it. */
  const assertStillPaused = ({ candidate }: Passage): Promise<void> =>
    eventually(async () => {
      const seen = await production();
      assert.deepEqual([seen.canary?.status, seen.canary?.step, seen.canary?.weight], ['paused', 1, 50]);
      assert.deepEqual(shares(seen), [
        [champion, 50, true],
        [candidate, 50, true],
      ]);
    }, 120_000);
  const assertOnlyChampion = async (): Promise<void> => {
    const seen = await production();
    assert.deepEqual([seen.champion?.artifactDigest, shares(seen)], [champion, [[champion, 100, true]]]);
  };

  it('when each process is killed in a pause, then it stays paused with its share, and goes on when it is resumed', async (test) => {
    const passage = await paused();
    const told = commandsOf(scene.product, 'production').length;
    for (const [who, kill] of Object.entries(VICTIMS)) {
      const [before, again] = [callers.answered(), callers.retried()];
      const began = performance.now();
      await kill(scene, passage);
      await assertStillPaused(passage);
      const took = seconds(performance.now() - began);
      await callers.pass(50);
      const [asked, twice] = [callers.answered() - before, callers.retried() - again];
      test.diagnostic(`a pause at 50 % | ${who} | ${took} | ${asked} requests, ${twice} of them twice`);
    }
    assert.equal(commandsOf(scene.product, 'production').length, told, 'nothing was commanded in the pause');
    await says('resume');
    await eventually(async () => assert.equal((await production()).canary?.status, 'holding'), 60_000);
    await says('promote');
    await ends(passage, 'promoted');
    champion = passage.candidate;
    callers.expect(hexOf(champion));
    await assertOnlyChampion();
  });

  it('when the workers die in the middle of an abort, then the next ones carry it out', async (test) => {
    const passage = await paused();
    // The rollout hears it, and whoever moves traffic is asleep.
    process.kill(scene.product.pidOf('worker-1'), 'SIGSTOP');
    const before = callers.answered();
    const began = performance.now();
    await says('abort');
    await eventually(async () => assert.equal((await production()).canary, undefined, 'it is on its way back'), 60_000);
    assert.deepEqual(
      shares(await production())?.map(([, weight]) => weight),
      [50, 50],
      'nobody has moved anything yet',
    );
    await killWorkers(scene);
    const reason = await ends(passage, 'rolled_back');
    assert.match(reason, /aborted by oncall: latency looks odd/);
    callers.expect(hexOf(champion));
    await assertOnlyChampion();
    await callers.pass(50);
    const took = seconds(performance.now() - began);
    test.diagnostic(`an abort at 50 % | both workers | ${took} | ${callers.answered() - before} requests`);
  });

  it('when the candidate’s server ends again and again, then it is sent back, without waiting for requests', async (test) => {
    const passage = await approvePassage(scene, callers, champion, WATCHED);
    await eventually(async () => assert.equal((await production()).canary?.weight, 50), 120_000);
    let kills = 0;
    let over = false;
    const killing = (async () => {
      for (let killed: number | undefined; !over; await callers.pass(1)) {
        const pid = await serverOf(scene, passage.candidate);
        if (pid === undefined || pid === killed) continue;
        process.kill(pid, 'SIGKILL');
        killed = pid;
        kills += 1;
      }
    })();
    const reason = await ends(passage, 'rolled_back').finally(() => (over = true));
    await killing;
    assert.match(reason, /restarts is \d+, beyond its limit of 2/);
    test.diagnostic(`sent back after ${kills} ends: ${reason}`);
    callers.expect(hexOf(champion));
    await assertOnlyChampion();
    // What it lost by stays readable, and so does what it was.
    const epoch = String((await production()).epoch);
    const shown = await scene.product.slipway(['rollout', 'show', FERRIES, 'production', '--epoch', epoch]);
    const { looks } = shown.output as { looks: readonly Look[] };
    const failed = looks.filter(({ verdict }) => verdict === 'fail');
    assert.deepEqual([failed.length, failed[0]], [1, looks.at(-1)], 'the first look that found it was the last');
    assert.ok(failed[0]?.measurements?.some(({ name, value }) => name === 'restarts' && value > 2));
    const { exit } = await scene.product.slipway(['artifact', 'show', passage.candidate]);
    assert.equal(exit, 0);
  });

  it('then no version answered that should not have, no request failed, and each release changed the pointer once at most', async (test) => {
    await callers.pass(50);
    const { answered, retried, failures, wrong } = await callers.stop();
    test.diagnostic(`${answered} requests answered, ${retried} of them asked twice`);
    assert.deepEqual([failures.slice(0, 5), wrong.slice(0, 5)], [[], []]);
    await scene.settle(test, 'steered through six deaths', releases);
  });
});
