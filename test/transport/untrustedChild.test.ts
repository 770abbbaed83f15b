import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { spawnUntrusted } from '../../src/transport/untrustedChild.js';

const PROGRAM = fileURLToPath(new URL('../fixtures/untrusted/whereAmI.js', import.meta.url));

interface Around {
  readonly folder: string;
  readonly files: readonly string[];
  readonly variables: readonly string[];
  readonly heapMiB: number;
}

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

const start = async (parent?: string) => {
  const child = spawnUntrusted(PROGRAM, 1_024, parent);
  started.push(child);
  const [around] = (await once(child, 'message')) as [Around];
  return { child, around };
};

describe('a process for files of others', () => {
  it('finds an empty folder of its own and none of our variables, and its heap is limited', async () => {
    const [one, other] = await Promise.all([start(), start()]);
    for (const { around } of [one, other]) {
      assert.deepEqual(around.files, []);
      assert.notEqual(around.folder, process.cwd());
      assert.deepEqual(
        around.variables.filter((name) => process.env[name] !== undefined && !SHELL.includes(name)),
        [],
      );
      assert.ok(around.heapMiB < 700, `${around.heapMiB} MiB`);
    }
    assert.notEqual(one.around.folder, other.around.folder);
  });

  it('leaves nothing behind when it is killed', async () => {
    const { child, around } = await start();
    child.kill('SIGKILL');
    await once(child, 'close');
    assert.equal(existsSync(around.folder), false);
  });

  it('has its folder where whoever comes after us looks, should both be killed', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'slipway-scratch-'));
    try {
      const { around } = await start(scratch);
      assert.equal(dirname(around.folder), realpathSync(scratch));
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });

  it('ends with who asked it, and takes its folder with it', async () => {
    const { child, around } = await start();
    child.removeAllListeners('exit');
    child.disconnect();
    const [code] = (await once(child, 'exit')) as [number];
    assert.equal(code, 1);
    assert.equal(existsSync(around.folder), false);
  });
});

/** What a shell sets by itself, and the channel of the messages. */
const SHELL = ['PWD', 'OLDPWD', 'SHLVL', '_', 'NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE'];
