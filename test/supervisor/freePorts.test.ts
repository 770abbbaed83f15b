import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { freePorts, isFree } from '../../src/supervisor/freePorts.js';

test('ports that are given out are free, differ from each other, and are none that an outgoing connection could take', async () => {
  const [first, second] = await Promise.all([freePorts(20), freePorts(20)]);
  const all = [...first, ...second];
  assert.equal(new Set(all).size, 40);
  for (const port of all) {
    assert.ok(port < 32_768, `${port} is in the range of outgoing connections`);
    assert.ok(await isFree(port));
  }
});

test('processes that start together look in other places', async () => {
  const module = new URL('../../src/supervisor/freePorts.js', import.meta.url).href;
  const script = `const { freePorts } = await import(${JSON.stringify(module)}); console.log((await freePorts(20)).join(' '));`;
  const found = await Promise.all(
    [1, 2, 3].map(() => promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])),
  );
  const ports = found.flatMap(({ stdout }) => stdout.trim().split(' '));
  assert.deepEqual([ports.length, new Set(ports).size], [60, 60]);
});

test('a port that somebody listens on is not free', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  assert.equal(await isFree((server.address() as AddressInfo).port), false);
  await new Promise((resolve) => server.close(resolve));
});
