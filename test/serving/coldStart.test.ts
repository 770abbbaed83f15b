/** Requests that wait for a version to wake: how many, how large, and when the others are told to come again. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testModel, type TestArtifact } from '../fixtures/artifact.js';
import { eventually } from '../fixtures/eventually.js';
import { infer, inferBody, type InferAnswer } from '../fixtures/inferRequests.js';
import { childrenOf } from '../fixtures/processes.js';
import { ONE_ROW, openScene, targetVersion, type Scene } from './scene.js';

const sleeping = (coldStartMs: number) => ({
  environments: [
    {
      name: 'test',
      serving: { replicas: { min: 0, max: 1, inFlight: 16, coolDownMs: 1_000 }, idleMs: 500, coldStartMs },
    },
  ],
});
const MIB = 1024 * 1024;

describe('requests that wait for a version to wake', () => {
  let scene: Scene;
  let patient: TestArtifact;
  before(async () => {
    scene = await openScene();
    patient = await scene.store(testModel(0.3), { spec: sleeping(120_000) });
  });
  after(() => scene.node.discard());

  const ask = (body = ONE_ROW): Promise<InferAnswer> => infer(scene.node.url(), body);
  const servers = async (): Promise<readonly number[]> => (await childrenOf(scene.node.pid())).map(({ pid }) => pid);
  const sleeps = (): Promise<void> => eventually(async () => assert.deepEqual(await servers(), []), 30_000);
  /** The server of a version that starts now, which gets no further until it is let go. */
  const heldStart = async (): Promise<() => void> => {
    let pid = 0;
    await eventually(async () => {
      [pid = 0] = await servers();
      assert.notEqual(pid, 0);
    });
    process.kill(pid, 'SIGSTOP');
    return () => void process.kill(pid, 'SIGCONT');
  };
  /** Asks all at once, and lets the version wake when so many were turned away. */
  const whileAsleep = async (bodies: readonly string[], turnedAway: number): Promise<readonly InferAnswer[]> => {
    await sleeps();
    const answers: InferAnswer[] = [];
    const first = ask(bodies[0]).then((answer) => void answers.push(answer));
    const letGo = await heldStart();
    const others = bodies.slice(1).map(async (body) => void answers.push(await ask(body)));
    try {
      await eventually(() => assert.equal(answers.length, turnedAway), 60_000);
    } finally {
      letGo();
    }
    await Promise.all([first, ...others]);
    return answers;
  };
  const refusedOf = (answers: readonly InferAnswer[]): readonly InferAnswer[] =>
    answers.filter(({ status }) => status !== 200);

  it('are 512 at most; what is beyond is told to come again, and all that waited are answered by one start', async () => {
    await scene.apply(targetVersion(patient, 100));
    await scene.ready(patient.artifactDigest);
    const answers = await whileAsleep(new Array<string>(600).fill(ONE_ROW), 88);
    const refused = refusedOf(answers);
    assert.equal(answers.length - refused.length, 512);
    for (const { status, body, headers } of refused) {
      assert.equal(status, 503);
      assert.match(body.error ?? '', /slept, and is being started/);
      assert.match(headers.get('retry-after') ?? '', /^([1-9]|[1-5]\d|60)$/);
    }
    assert.equal((await servers()).length, 1);
  });

  it('have 64 MiB at most, however few they are', async () => {
    const large = inferBody([{ hour: 7, distance: 100, origin: 'a' }], { parameters: { pad: 'x'.repeat(15 * MIB) } });
    const answers = await whileAsleep(new Array<string>(5).fill(large), 1);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 200, 503]);
  });

  it('are told to come again when it has started, as far as its own starts tell', async () => {
    const hasty = await scene.store(testModel(0.4), { spec: sleeping(1) });
    const began = performance.now();
    await sleeps();
    const applied = scene.apply(targetVersion(hasty, 100));
    const letGo = await heldStart();
    const held = performance.now();
    // A start that takes more than two seconds is one to tell of.
    await eventually(() => assert.ok(performance.now() - held > 2_500));
    letGo();
    await applied;
    await scene.ready(hasty.artifactDigest);
    const took = performance.now() - began;
    await sleeps();
    const { status, headers } = await ask();
    assert.equal(status, 503);
    const seconds = Number(headers.get('retry-after'));
    assert.ok(seconds >= 2 && seconds <= Math.ceil(took / 1_000), `${seconds} after a start of at most ${took} ms`);
    await eventually(async () => assert.equal((await ask()).status, 200), 30_000);
  });
});
