import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ferrySpec, type Product } from '../fixtures/product.js';
import { until } from '../supervisor/scene.js';
import { openBucket } from './bucket.js';
import { unfinishedUploads } from './observe.js';
import { GUARDED, openFaults, type FaultScene } from './scene.js';

const MIB = 1024 * 1024;
/** Twenty parts, of which four are under way at once: long enough to be met between the first and the last. */
const PARTS = 20;
const SIZE = PARTS * 16 * MIB;

/** The trainer writes the same large file at every attempt; the first byte tells the scenarios apart. */
const writing = (letter: string): Readonly<Record<string, string>> => ({
  'slipway.yaml': ferrySpec({ ...GUARDED, 'run: node pipeline/train.mjs': 'run: sh pipeline/train.sh' }),
  'pipeline/train.sh': `set -e
node pipeline/train.mjs
{ printf ${letter}; head -c ${SIZE - 1} /dev/zero; } >build/report.json
`,
});

const digestOf = (letter: string): string => {
  const bytes = Buffer.alloc(SIZE);
  bytes.write(letter);
  return createHash('sha256').update(bytes).digest('hex');
};

const partsOnDisk = ({ home }: Product): number => {
  const folder = join(home, 'objects', 'data', '.minio.sys', 'multipart');
  if (!existsSync(folder)) return 0;
  return readdirSync(folder, { recursive: true }).filter((name) => /\/part\.\d+$/.test(String(name))).length;
};

describe('given a large file that is being uploaded', () => {
  let scene: FaultScene;
  before(async () => {
    scene = await openFaults({ workers: 1 });
  });
  after(() => scene.close());

  const released: Record<string, string> = {};
  for (const [letter, victim, parts] of [
    ['a', 'store', 1],
    ['b', 'store', 8],
    ['c', 'worker-1', 4],
  ] as const) {
    it(`F36: when ${victim} is killed with ${parts} of ${PARTS} parts stored, then the file is absent, later whole, and the release is promoted`, async (test) => {
      const { product } = scene;
      const key = `blobs/sha256/${digestOf(letter)}`;
      const name = scene.commit(writing(letter));
      await until(() => partsOnDisk(product) >= parts);
      const began = performance.now();
      const back = product.kill9(victim);
      assert.equal(existsSync(join(product.home, 'objects', 'data', 'slipway', key)), false, 'it came too late');
      assert.equal(unfinishedUploads(product).length, 1);
      await back;
      await product.untilRelease(name, ({ stages }) =>
        stages.some((one) => one.name === 'build' && one.status === 'passed'),
      );
      const took = performance.now() - began;
      assert.equal((await openBucket(product, 'slipway').read(key)).length, SIZE);
      await scene.approve(name);
      const { outcome, reason } = await scene.ended(name);
      assert.equal(outcome, 'promoted', reason);
      released[name] = 'promoted';
      await scene.settle(test, `${victim} killed with ${parts} of ${PARTS} parts stored`, released, took);
    });
  }
});
