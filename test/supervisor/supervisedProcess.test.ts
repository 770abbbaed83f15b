import assert from 'node:assert/strict';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { ProcessPlan } from '../../src/supervisor/processPlan.js';
import { countFailures, restartDelay, STABLE_MS } from '../../src/supervisor/restartDelay.js';
import { openRotatingLog } from '../../src/supervisor/rotatingLog.js';
import { superviseProcess, type SupervisedProcess } from '../../src/supervisor/supervisedProcess.js';
import { hasEnded, newFolder, until } from './scene.js';

const folder = newFolder();
after(() => rmSync(folder, { recursive: true, force: true }));

const RUNS = 'console.log("here"); setInterval(() => undefined, 1000)';
const IGNORES_SIGTERM = `process.on("SIGTERM", () => console.log("no")); ${RUNS}`;
const FAILS = 'console.error("no such disk"); process.exit(3)';

/** Ready as soon as its log has the word. */
const supervise = (name: string, program: string, ready = 'here', graceMs = 5_000, readyWithinMs?: number) => {
  const seen: string[] = [];
  const plan: ProcessPlan = {
    name,
    command: { command: process.execPath, args: ['-e', program], env: {} },
    at: {},
    graceMs,
    ready: async (signal) => {
      while (!signal.aborted) {
        if (logOf(name).includes(ready)) return;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      throw new Error('it says nothing');
    },
  };
  const one: SupervisedProcess = superviseProcess(plan, {
    logFolder: folder,
    environment: {},
    ...(readyWithinMs === undefined ? {} : { readyWithinMs }),
    events: {
      started: () => seen.push('started'),
      ended: () => seen.push('ended'),
      up: () => seen.push('up'),
      down: (_, how, waitMs) => seen.push(`down ${how} ${waitMs}`),
    },
  });
  return { one, seen };
};

const logOf = (name: string): string => {
  try {
    return readFileSync(join(folder, `${name}.log`), 'utf8');
  } catch {
    return '';
  }
};

describe('a supervised process', () => {
  test('is started again after kill -9, and not after a stop', async () => {
    const { one, seen } = supervise('runs', RUNS);
    await one.start();
    const first = one.pid()!;
    process.kill(first, 'SIGKILL');
    await until(() => seen.filter((event) => event === 'up').length === 2);
    const second = one.pid()!;
    assert.notEqual(second, first);
    await one.stop();
    assert.ok(hasEnded(second));
    assert.equal(one.pid(), undefined);
    assert.deepEqual(seen, ['started', 'up', 'ended', 'down SIGKILL 100', 'started', 'up', 'ended']);
  });

  test('that does not end by itself is ended when its time is over', async () => {
    const { one } = supervise('ignores', IGNORES_SIGTERM, 'here', 300);
    await one.start();
    const pid = one.pid()!;
    await one.stop();
    assert.ok(hasEnded(pid));
  });

  test('that ends before it is ready fails the start, with how and its last lines', async () => {
    const { one } = supervise('fails', FAILS);
    await assert.rejects(one.start(), /fails ended \(exit code 3\) before it was ready; its last lines:\nno such disk/);
  });

  test('that says why it cannot begin fails the start with that code', async () => {
    const { one } = supervise(
      'lost',
      'console.error(JSON.stringify({ err: { code: "temporal_empty" } })); process.exit(1)',
    );
    await assert.rejects(one.start(), { code: 'temporal_empty' });
  });

  test('that stays silent is ended, and the start says what was missing', async () => {
    const { one } = supervise('silent', RUNS, 'never said', 5_000, 300);
    await assert.rejects(one.start(), {
      code: 'timed_out',
      message: /^silent did not become ready within 0.3 s: it says nothing/,
    });
    assert.equal(one.pid(), undefined);
  });

  test('whose program is not there fails the start', async () => {
    const plan = supervise('nowhere', '').one.plan;
    const one = superviseProcess(
      { ...plan, command: { command: '/nowhere/server', args: [], env: {} } },
      { logFolder: folder, environment: {}, events: { started: () => 0, ended: () => 0, up: () => 0, down: () => 0 } },
    );
    await assert.rejects(one.start(), /nowhere/);
    await one.stop();
  });
});

test('pauses grow while a process keeps dying, and begin anew after a stable life', () => {
  const pauses: number[] = [];
  let failures = 0;
  for (let death = 0; death < 8; death += 1) {
    failures = countFailures(failures, 1_000);
    pauses.push(restartDelay(failures));
  }
  assert.deepEqual(pauses, [100, 500, 1_000, 2_000, 5_000, 10_000, 10_000, 10_000]);
  assert.equal(restartDelay(countFailures(failures, STABLE_MS)), 100);
});

test('a log that has grown too large is put aside, and nothing of it is lost in between', async () => {
  const log = openRotatingLog(folder, 'grows', 100);
  for (let line = 0; line < 5; line += 1) log.write(Buffer.from(`${line}`.repeat(39) + '\n'));
  log.end();
  await until(() => sizeOf('grows.log') === 40 && sizeOf('grows.log.1') === 80);
  assert.match(logOf('grows'), /^4+\n$/);
});

const sizeOf = (name: string): number => {
  try {
    return statSync(join(folder, name)).size;
  } catch {
    return -1;
  }
};
