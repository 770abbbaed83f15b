import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { guardChildren } from '../../src/supervisor/guardChildren.js';
import { lockHome } from '../../src/supervisor/devLock.js';
import { hasEnded, newFolder, until } from './scene.js';

const folder = newFolder();
after(() => rmSync(folder, { recursive: true, force: true }));

test('a home has one holder, and is free again when it lets go', async () => {
  const path = join(folder, 'one.lock');
  const unlock = await lockHome(path);
  await assert.rejects(lockHome(path), { code: 'usage', message: new RegExp(`as process ${process.pid}`) });
  await unlock();
  await (
    await lockHome(path)
  )();
  assert.ok(!existsSync(path));
});

test('a lock of a process that has gone is taken over; so is one whose pid is another process by now', async () => {
  const gone = spawn(process.execPath, ['-e', '']);
  await once(gone, 'exit');
  for (const left of [
    JSON.stringify({ pid: gone.pid }),
    JSON.stringify({ pid: process.pid, startedAt: '1' }),
    'half a fi',
  ]) {
    const path = join(folder, 'left.lock');
    writeFileSync(path, left);
    const unlock = await lockHome(path);
    assert.equal((JSON.parse(readFileSync(path, 'utf8')) as { pid: number }).pid, process.pid);
    await unlock();
  }
});

test('of many who take a dead lock over at once, one wins', async () => {
  const path = join(folder, 'raced.lock');
  for (let round = 0; round < 50; round += 1) {
    writeFileSync(path, JSON.stringify({ pid: 2 ** 22 + 1 }));
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => lockHome(path)));
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('raced')),
      ['raced.lock'],
    );
  }
});

test('who died while taking a dead lock over is in nobody’s way', async () => {
  const path = join(folder, 'claimed.lock');
  const dead = JSON.stringify({ pid: 2 ** 22 + 1 });
  writeFileSync(path, dead);
  const claim = `${path}.${createHash('sha256').update(dead).digest('hex').slice(0, 16)}`;
  writeFileSync(claim, JSON.stringify({ pid: 2 ** 22 + 2 }));
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => lockHome(path)));
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('claimed')),
    ['claimed.lock'],
  );
});

test('where the kernel does not end children with their parent, a guard does', async () => {
  const module = new URL('../../src/supervisor/guardChildren.js', import.meta.url).href;
  const program = `
    const { guardChildren } = await import(${JSON.stringify(module)});
    const { spawn } = await import('node:child_process');
    const guard = guardChildren(true);
    const start = () => spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { detached: true, stdio: 'ignore' }).pid;
    const [kept, removed] = [start(), start()];
    guard.add(kept); guard.add(removed); guard.remove(removed);
    console.log(JSON.stringify({ kept, removed }));
    setInterval(() => 0, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const { kept, removed } = JSON.parse(line.toString()) as { kept: number; removed: number };
  parent.kill('SIGKILL');
  await until(() => hasEnded(kept));
  assert.ok(!hasEnded(removed), 'what had ended in order is not touched');
  process.kill(removed, 'SIGKILL');
});

test('where the kernel ends children with their parent, there is no guard process', () => {
  const guard = guardChildren(false);
  guard.add(1);
  guard.close();
});
