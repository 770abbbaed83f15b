import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { claimScratch } from '../../src/worker/scratch.js';

const folder = mkdtempSync(join(tmpdir(), 'slipway-worker-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a worker clears away what killed workers left, and nothing of those that run', async () => {
  const gone = spawn(process.execPath, ['-e', '']);
  await once(gone, 'exit');
  for (const name of [String(gone.pid), String(process.ppid), String(process.pid), 'api-1']) {
    mkdirSync(join(folder, name, 'checkout'), { recursive: true });
  }
  const own = await claimScratch(folder);
  assert.equal(own, join(folder, String(process.pid)));
  assert.deepEqual(readdirSync(own), []);
  assert.deepEqual(readdirSync(folder).sort(), [String(process.ppid), String(process.pid), 'api-1'].sort());
});

test('processes of another kind clear away what is theirs alone', async () => {
  const gone = spawn(process.execPath, ['-e', '']);
  await once(gone, 'exit');
  const parent = mkdtempSync(join(folder, 'kinds-'));
  for (const name of [`api-${gone.pid}`, String(gone.pid)]) mkdirSync(join(parent, name));
  const own = await claimScratch(parent, 'api-');
  assert.equal(own, join(parent, `api-${process.pid}`));
  assert.deepEqual(readdirSync(parent).sort(), [`api-${process.pid}`, String(gone.pid)].sort());
});

test('a failpoint that is named kills once, and one that is not named never does', async () => {
  const module = new URL('../../src/worker/failpoint.js', import.meta.url).href;
  const pass = async (names: readonly string[]): Promise<string> => {
    const program = `const { createFailpoint } = await import(${JSON.stringify(module)});
      createFailpoint(${JSON.stringify(names)}, ${JSON.stringify(folder)})('stored');`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program]);
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    return signal ?? String(code);
  };
  assert.deepEqual([await pass([]), await pass(['stored']), await pass(['stored'])], ['0', 'SIGKILL', '0']);
});

test(
  'a failpoint that stops lets the process go on where it was, when it may',
  { skip: !existsSync('/proc') },
  async () => {
    const module = new URL('../../src/worker/failpoint.js', import.meta.url).href;
    const program = `const { createFailpoint } = await import(${JSON.stringify(module)});
    createFailpoint(['asked=stop'], ${JSON.stringify(folder)})('asked');`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program]);
    const exit = once(child, 'exit');
    const state = (): string => /\) (.)/.exec(readFileSync(`/proc/${child.pid}/stat`, 'utf8'))?.[1] ?? '';
    while (state() !== 'T') await new Promise((next) => setTimeout(next, 10));
    child.kill('SIGCONT');
    assert.deepEqual(await exit, [0, null]);
  },
);
