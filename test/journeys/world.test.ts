/** What `slipway dev` and the commands say when the world around them is not as it should be. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ferryFiles, openProduct, type Product } from '../fixtures/product.js';
import { newFolder, slipway } from '../supervisor/scene.js';

const NOBODY = '127.0.0.1:9';

describe('given servers that somebody else should run', { concurrency: true }, () => {
  const start = async (env: Readonly<Record<string, string>>) => {
    const home = newFolder();
    try {
      const dev = slipway(['dev', '--home', home], env);
      return { exit: await dev.exit, stderr: dev.stderr() };
    } finally {
      rmSync(home, { recursive: true });
    }
  };

  it('when Temporal is not there, then the start says which address and which variable', async () => {
    const { exit, stderr } = await start({ SLIPWAY_TEMPORAL_ADDRESS: NOBODY });
    assert.equal(exit, 9);
    assert.match(
      stderr,
      /^temporal_unreachable: Temporal at 127\.0\.0\.1:9 .*\(SLIPWAY_TEMPORAL_ADDRESS\)\nStart it, or /m,
    );
  });

  it('when the object store is not there, then the start says which address and which variable', async () => {
    const { exit, stderr } = await start({
      SLIPWAY_STORE_ENDPOINT: `http://${NOBODY}`,
      SLIPWAY_STORE_ACCESS_KEY: 'somebody',
      SLIPWAY_STORE_SECRET_KEY: 'something',
    });
    assert.equal(exit, 9);
    assert.match(
      stderr,
      /^store_unreachable: the object store at http:\/\/127\.0\.0\.1:9 .*\(SLIPWAY_STORE_ENDPOINT\)\nStart it, or /m,
    );
  });
});

/** A disk of this size, or undefined where this user may not mount one. */
const mountDisk = (size: string): string | undefined => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'slipway-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    return undefined;
  }
};

const disks = { 'no room for a file': mountDisk('16k'), 'room for files but not for servers': mountDisk('96k') };

describe('given a home on a disk without room', () => {
  after(() => {
    for (const disk of Object.values(disks)) {
      if (disk === undefined) continue;
      execFileSync('umount', [disk]);
      rmSync(disk, { recursive: true });
    }
  });
  for (const [how, disk] of Object.entries(disks)) {
    const skip = disk === undefined && 'needs the right to mount a small disk';
    it(`when there is ${how}, then the start says that the disk is full, and nothing stays`, { skip }, async () => {
      const dev = slipway(['dev', '--home', join(disk!, 'home')]);
      assert.equal(await dev.exit, 9);
      assert.match(dev.stderr(), new RegExp(`^disk_full: the disk of ${disk}/home has no room: .*\nFree space`, 'm'));
      assert.doesNotMatch(dev.stderr(), /^ +at /m);
    });
  }
});

describe('given an installation whose servers stop answering', () => {
  let product: Product;
  before(async () => {
    product = await openProduct({ workers: 1 });
  });
  after(() => product.close());

  for (const name of ['store', 'temporal']) {
    it(`when ${name} hangs, then doctor names it and its log, and work goes on when it answers again`, async () => {
      const pid = product.pidOf(name);
      process.kill(pid, 'SIGSTOP');
      try {
        const { exit, stdout } = await product.say(['doctor']);
        assert.equal(exit, 9);
        const silent = `${name} +failed +process ${pid} does not answer at .*see logs/${name}\\.log`;
        assert.match(stdout, new RegExp(`^${silent}`, 'm'));
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      const commit = product.repository.commit(ferryFiles({ 'lib/note.mjs': `// ${name}\n` }));
      assert.equal((await product.untilEnded(await product.releaseOf(commit))).outcome, 'promoted');
    });
  }
});
