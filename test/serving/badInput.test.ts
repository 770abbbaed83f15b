/**
 * What is wrong with a request, a command or a model server, through a serving node and its processes: each has its status or
 * code, and whoever asks something else meanwhile does not notice.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createDeployVersion } from '../../activities/deployVersion.js';
import { createLocalServing } from '../../src/adapters/local-serving/deployTarget.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { ErrorCode } from '../../src/domain/errors/table.js';
import type { TargetCommand, TargetState } from '../../src/domain/rollout/types.js';
import { testPorts } from '../fakes/ports.js';
import { SIGNATURE, type TestArtifact } from '../fixtures/artifact.js';
import { askedBy } from '../fixtures/askedBy.js';
import { eventually } from '../fixtures/eventually.js';
import { infer, inferBody } from '../fixtures/inferRequests.js';
import { slow } from '../fixtures/onnx/graphs.js';
import { startLoad, type SteadyLoad } from '../fixtures/steadyLoad.js';
import { openOddScene, type OddScene } from './oddScene.js';
import { MODEL, ONE_ROW, openScene, targetVersion, type Scene } from './scene.js';

const ROW = { hour: 7.3, distance: 100, origin: 'a' };
const EXPECTED = /expected inputs: hour FP32 \[-1, 1\], distance INT64 \[-1, 1\], origin BYTES \[-1, 1\], tail BYTES/;
const UNKNOWN = { artifactDigest: `sha256:${'e'.repeat(64)}` } as const;

describe('bad requests to a serving node', () => {
  let scene: Scene;
  let load: SteadyLoad;
  before(async () => {
    scene = await openScene({ requestBytes: 200_000, requestRows: 1_000 });
    await scene.apply(targetVersion(scene.first, 100));
    await scene.ready(scene.first.artifactDigest);
    load = startLoad(`${scene.node.url()}/v2/models/${MODEL}/infer`, ONE_ROW, 2);
  });
  after(async () => {
    await load.stop();
    await scene.node.discard();
  });

  const wrongShape = inferBody([ROW, ROW]).replace('"shape":[2,1]', '"shape":[3,1]');
  for (const [what, status, body, error, model] of [
    ['of an unknown model', 404, ONE_ROW, /no model other/, 'other'],
    ['of a wrong shape', 400, wrongShape, /hour: .*\n?.*expected inputs/s, MODEL],
    ['of a wrong type', 400, ONE_ROW.replace('FP32', 'FP64'), EXPECTED, MODEL],
    ['with too many rows', 413, inferBody(new Array(1_001).fill(ROW)), /1001 rows/, MODEL],
    ['that is too large', 413, inferBody([{ ...ROW, origin: 'a'.repeat(200_001) }]), /larger than 200000 bytes/, MODEL],
  ] as const)
    it(`${what} is a ${status}`, async () => {
      const answer = await infer(scene.node.url(), body, {}, model);
      assert.deepEqual([answer.status, answer.headers.get('content-type')], [status, 'application/json']);
      assert.match(answer.body.error ?? '', error);
    });

  it('to a model that is loading, or cannot be loaded, is a 503', async () => {
    const model = 'loading';
    const broken = await scene.store(new Uint8Array(Buffer.from('no model')));
    await scene.node.target.apply({ ...scene.command(targetVersion(broken, 100)), model });
    const answer = await infer(scene.node.url(), ONE_ROW, {}, model);
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [503, 'application/json']);
    assert.match(answer.body.error ?? '', /no version of loading is ready/);
    assert.equal((await fetch(`${scene.node.url()}/v2/models/${model}/ready`)).status, 503);
  });

  it('that wait for too many others are a 429, which says when to come back', async () => {
    const features = [{ name: 'hour', type: 'number', log: 'value' }] as const;
    const busy = await openScene({ queueRows: 2, batchRows: 1 });
    try {
      const artifact = await busy.store(slow(300), { smoke: null, signature: { ...SIGNATURE, features } });
      await busy.apply(targetVersion(artifact, 100));
      await busy.ready(artifact.artifactDigest);
      const one = JSON.stringify({ inputs: [{ name: 'hour', shape: [1, 1], datatype: 'FP32', data: [1] }] });
      const answers = await Promise.all(Array.from({ length: 12 }, () => infer(busy.node.url(), one)));
      const refused = answers.filter(({ status }) => status !== 200);
      assert.ok(refused.length > 0 && refused.length < 12, `${refused.length} of 12`);
      for (const { status, headers, body } of refused) {
        assert.equal(status, 429);
        assert.match(headers.get('retry-after') ?? '', /^([1-9]|[1-5]\d|60)$/);
        assert.match(body.error ?? '', /too many requests/);
      }
    } finally {
      await busy.node.discard();
    }
  });

  it('have cost nobody else an answer', async () => {
    await load.pass(50);
    const { failures, byVersion } = await load.stop();
    assert.deepEqual([failures, Object.keys(byVersion)], [[], [scene.first.artifactDigest.slice(7)]]);
  });
});

describe('bad commands to a serving node', () => {
  let scene: Scene;
  let load: SteadyLoad;
  let standing: TargetState;
  before(async () => {
    scene = await openScene();
    // So that there is an epoch before it.
    const first = { ...scene.command(targetVersion(scene.first, 100)), fence: { epoch: 5, seq: 1 } };
    await scene.node.target.apply(first);
    standing = await scene.ready(scene.first.artifactDigest);
    load = startLoad(`${scene.node.url()}/v2/models/${MODEL}/infer`, ONE_ROW, 2);
  });
  after(async () => {
    await load.stop();
    await scene.node.discard();
  });

  const told = (seq: number, ...versions: TargetCommand['versions']): TargetCommand => ({
    ...{ model: MODEL, environment: 'test', fence: { epoch: 5, seq } },
    versions,
  });
  const split = (weight: number, other: number, second: Pick<TestArtifact, 'artifactDigest'> = scene.second) => [
    targetVersion(scene.first, weight),
    targetVersion(second, other, 'candidate'),
  ];
  const REFUSED: readonly (readonly [string, ErrorCode, RegExp, () => TargetCommand])[] = [
    ['weights that sum to less', 'weights_invalid', /sum to 90, not to 100/, () => told(2, ...split(50, 40))],
    ['weights that sum to more', 'weights_invalid', /sum to 150, not to 100/, () => told(2, ...split(100, 50))],
    ['a weight below zero', 'weights_invalid', /is no percent in tenths/, () => told(2, ...split(110, -10))],
    ['hundredths of a percent', 'weights_invalid', /is no percent in tenths/, () => told(2, ...split(99.99, 0.01))],
    [
      'an unknown digest',
      'artifact_unknown',
      /the store has no artifact sha256:e+/,
      () => told(2, ...split(50, 50, UNKNOWN)),
    ],
    [
      'what is no digest',
      'request_invalid',
      /has no digest/,
      () => told(2, ...split(50, 50, { artifactDigest: 'v2' as never })),
    ],
    [
      'an old epoch',
      'stale_command',
      /epoch 5, sequence 1 stands/,
      () => ({ ...told(9, ...split(0, 100)), fence: { epoch: 4, seq: 9 } }),
    ],
    ['the same pair with other content', 'command_conflict', /another command/, () => told(1, ...split(0, 100))],
  ];
  for (const [what, code, reason, command] of REFUSED)
    it(`with ${what} are ${code}, and the traffic is unchanged`, async () => {
      await assert.rejects(scene.node.target.apply(command()), (error) => {
        assert.ok(error instanceof SlipwayError, String(error));
        assert.equal(error.code, code, error.message);
        assert.match(error.message, reason);
        return true;
      });
      assert.deepEqual(await scene.node.target.observe(MODEL, 'test'), standing);
    });

  it('to a node that is not there are target_unreachable', async () => {
    const adminSocket = join(scene.node.directory, 'nobody.sock');
    const nobody = createLocalServing({ environment: 'test', adminSocket });
    await assert.rejects(nobody.apply(told(2, ...split(0, 100))), { code: 'target_unreachable' });
    assert.deepEqual(await scene.node.target.observe(MODEL, 'test'), standing);
  });

  it('have moved no request', async () => {
    await load.pass(50);
    const { failures, byVersion } = await load.stop();
    assert.deepEqual([failures, Object.keys(byVersion)], [[], [scene.first.artifactDigest.slice(7)]]);
  });
});

describe('a version whose model server does not say what it should', () => {
  let scene: OddScene;
  let load: SteadyLoad;
  before(async () => {
    scene = await openOddScene();
    await scene.apply(targetVersion(scene.first, 100), targetVersion(scene.second, 0, 'candidate'));
    await eventually(async () => {
      const { versions } = (await scene.target.observe(MODEL, 'test'))!;
      assert.ok(versions.every(({ ready }) => ready));
    }, 30_000);
    load = startLoad(scene.url, ONE_ROW, 2);
  });
  after(async () => {
    await load.stop();
    await scene.close();
  });

  /** The activity of a rollout that waits for it, on the command that stands. */
  const bringUp = async (): Promise<TargetState> => {
    const { fence } = (await scene.target.observe(MODEL, 'test'))!;
    const versions = [targetVersion(scene.first, 100), targetVersion(scene.second, 0, 'candidate')];
    return askedBy(`rollout/${MODEL}/test/1`).run(createDeployVersion(testPorts({ target: () => scene.target })), {
      ...{
        command: { model: MODEL, environment: 'test', fence, versions },
        artifactDigest: scene.second.artifactDigest,
      },
      readyWithinMs: 1_500,
    });
  };
  for (const [what, mood, reason] of [
    ['whose health check hangs', 'sick', /was not ready in 1\.5 s: the model server does not answer/],
    ['that lies about what it serves', 'lies', /was not ready in 1\.5 s: the model server serves sha256:f+/],
  ] as const)
    it(`${what} is version_unready, and has no traffic`, async () => {
      scene.tell(scene.second, mood);
      await eventually(async () =>
        assert.equal((await scene.target.observe(MODEL, 'test'))?.versions[1]?.ready, false),
      );
      await assert.rejects(bringUp(), (error: SlipwayError) => {
        assert.equal(error.code, 'version_unready', error.message);
        assert.match(error.message, reason);
        return true;
      });
      scene.tell(scene.second, 'answers');
      await eventually(async () => assert.equal((await bringUp()).versions[1]?.ready, true), 30_000);
    });

  it('has cost no request', async () => {
    await load.pass(50);
    const { failures, byVersion } = await load.stop();
    assert.deepEqual([failures, Object.keys(byVersion)], [[], [scene.first.artifactDigest.slice(7)]]);
  });
});
