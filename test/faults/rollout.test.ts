import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Digest } from '../../src/domain/artifact/types.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { FERRIES, ferrySpec } from '../fixtures/product.js';
import { ferries, OPENING } from '../fixtures/incidents/world.js';
import { childrenOf } from '../fixtures/processes.js';
import { until } from '../supervisor/scene.js';
import { commandsOf } from './observe.js';
import { startPatientCallers, type PatientCallers } from './patientCallers.js';
import { GUARDED, openFaults, seconds, type FaultScene } from './scene.js';

/** Holds of two seconds, so that a kill lands within its step. */
const SLOW = Object.fromEntries(
  Object.entries(GUARDED).map(([from, to]) => [
    from,
    to.replace('hold: 300ms', 'hold: 2s').replace('hold: 0s', 'hold: 2s'),
  ]),
);

interface Passage {
  readonly release: string;
  readonly champion: Digest;
  readonly candidate: Digest;
  /** Commands that production's node had carried out before. */
  readonly commands: number;
}
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

/** The champion's server may be gone at the end of a passage: then the one that took its place dies. */
const killServer = async ({ product }: FaultScene, ...wanted: readonly Digest[]): Promise<void> => {
  for (;;) {
    const servers = await childrenOf(product.pidOf('serving-production'));
    for (const digest of wanted) {
      const found = servers.find(({ variables }) => variables['SLIPWAY_ARTIFACT']?.endsWith(digest.slice(7)));
      if (found !== undefined) return void process.kill(found.pid, 'SIGKILL');
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};

type Victim = (scene: FaultScene, passage: Passage) => Promise<unknown>;
const VICTIMS: Readonly<Record<string, Victim>> = {
  'the serving node': ({ product }) => product.kill9('serving-production'),
  'the candidate’s model server': (scene, { candidate }) => killServer(scene, candidate),
  'the champion’s model server': (scene, { champion, candidate }) => killServer(scene, champion, candidate),
  'both workers': ({ product }) => Promise.all(['worker-control', 'worker-1'].map((worker) => product.kill9(worker))),
  'the API': ({ product }) => product.kill9('api'),
};

const rows = ferries(OPENING, 7, 100, 'usual');
const bodyOf = ({ wind, load, eventTime }: (typeof rows)[number]): string => {
  const tensor = (name: string, value: number) => ({ name, datatype: 'FP32', shape: [1, 1], data: [value] });
  return JSON.stringify({
    parameters: { event_time: eventTime },
    inputs: [tensor('wind', wind), tensor('load', load)],
  });
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

  const hex = (digest: Digest): string => digest.slice('sha256:'.length);
  /** A new version up to its approval; answers what is about to pass. */
  const approved = async (champion: Digest): Promise<Passage> => {
    const { product } = scene;
    const release = scene.commit({ 'slipway.yaml': ferrySpec(SLOW) });
    const { waiting } = await product.untilRelease(release, (view) => view.waiting !== undefined);
    const candidate = waiting!.subject.artifactDigest;
    const commands = commandsOf(product, 'production').length;
    callers?.expect(hex(champion), hex(candidate));
    await scene.approve(release);
    return { release, champion, candidate, commands };
  };

  it('F49: when each process is killed at each point of a rollout, then every request is answered, by no wrong version', async (test) => {
    const { product } = scene;
    callers = startPatientCallers({
      url: product.servingUrl('production'),
      model: FERRIES,
      bodies: rows.map(bodyOf),
      callers: 4,
      everyMs: 10,
    });
    // They begin before there is anything to ask, and wait for it.
    const first = await approved(`sha256:${'0'.repeat(64)}`);
    assert.equal((await scene.ended(first.release)).outcome, 'promoted');
    const releases: Record<string, string> = { [first.release]: 'promoted' };
    let champion = first.candidate;
    callers.expect(hex(champion));
    const waitedAtFirst = callers.retried();
    const victims = Object.entries(VICTIMS);
    for (let round = 0; round < victims.length; round += 1) {
      const passage = await approved(champion);
      for (const [index, [when, comes]] of Object.entries(MOMENTS).entries()) {
        const [who, kill] = victims[(round + index) % victims.length]!;
        await comes(scene, passage);
        const began = performance.now();
        await kill(scene, passage);
        test.diagnostic(`${who} killed at ${when}: ${seconds(performance.now() - began)}`);
        await callers.pass(20);
      }
      const { outcome, reason } = await scene.ended(passage.release);
      assert.equal(outcome, 'promoted', reason);
      releases[passage.release] = 'promoted';
      champion = passage.candidate;
      callers.expect(hex(champion));
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
