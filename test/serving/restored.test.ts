/** F48: the disk of a serving node is put back to an older copy. */
import assert from 'node:assert/strict';
import { cp, rm } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { pointerKey } from '../../src/domain/environment/pointerKey.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { TargetCommand } from '../../src/domain/rollout/types.js';
import { eventually } from '../fixtures/eventually.js';
import { infer } from '../fixtures/inferRequests.js';
import { MODEL, ONE_ROW, openScene, targetVersion, type Scene } from './scene.js';

describe('F48: a serving node whose data directory was restored', () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene();
  });
  after(() => scene.node.discard());

  const command = (epoch: number, seq: number, ...versions: TargetCommand['versions'][number][]): TargetCommand => ({
    model: MODEL,
    environment: 'test',
    fence: { epoch, seq },
    versions,
  });
  const settle = (epoch: unknown): Promise<void> =>
    scene.node.store.putDocument(pointerKey(MODEL, 'test'), new TextEncoder().encode(JSON.stringify({ epoch })));
  const restoreCopy = async (): Promise<void> => {
    await scene.node.crash();
    await rm(scene.node.directory, { recursive: true });
    await cp(`${scene.node.directory}.copy`, scene.node.directory, { recursive: true });
    await scene.node.restart();
  };
  const isStale = (error: unknown): boolean => error instanceof SlipwayError && error.code === 'stale_command';

  it('goes on serving, says what it forgot, refuses what was overtaken, and takes what is new', async () => {
    const { node, first, second } = scene;
    await node.target.apply(command(3, 1, targetVersion(first, 100)));
    await scene.ready(first.artifactDigest);
    await cp(node.directory, `${node.directory}.copy`, { recursive: true, filter: (path) => !path.endsWith('/run') });
    await node.target.apply(command(7, 2, targetVersion(second, 100)));
    await scene.ready(second.artifactDigest);
    await settle(7);
    await restoreCopy();
    await scene.ready(first.artifactDigest);
    await eventually(async () => assert.equal((await node.target.observe(MODEL, 'test'))?.forgotten, 7));
    for (const late of [command(4, 1, targetVersion(second, 100)), command(6, 9, targetVersion(second, 100))])
      await assert.rejects(node.target.apply(late), isStale);
    const state = await node.target.observe(MODEL, 'test');
    assert.deepEqual(state?.fence, { epoch: 3, seq: 1 }, 'nothing has changed');
    assert.equal((await infer(node.url(), ONE_ROW)).body.model_version, first.artifactDigest.slice(7));
    await node.target.apply(command(8, 1, targetVersion(second, 100)));
    const after = await scene.ready(second.artifactDigest);
    assert.deepEqual([after.fence, after.forgotten], [{ epoch: 8, seq: 1 }, undefined]);
  });

  it('also where the disk was lost whole', async () => {
    await scene.node.crash();
    await rm(scene.node.directory, { recursive: true });
    await settle(8);
    await scene.node.restart();
    const late = command(7, 3, targetVersion(scene.first, 100));
    await assert.rejects(scene.node.target.apply(late), isStale);
    assert.equal(await scene.node.target.observe(MODEL, 'test'), undefined);
    await scene.node.target.apply(command(9, 1, targetVersion(scene.first, 100)));
    assert.equal((await scene.ready(scene.first.artifactDigest)).forgotten, undefined);
  });

  it('believes no pointer that nothing could follow, and none that is none', async () => {
    for (const [seq, epoch] of [2 ** 40, 1_000_000, -1, 'x', null].entries()) {
      await settle(epoch);
      await scene.node.crash();
      await scene.node.restart();
      await scene.node.target.apply(command(10, seq, targetVersion(scene.first, 100)));
    }
  });
});
