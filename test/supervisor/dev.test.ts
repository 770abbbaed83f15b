import assert from 'node:assert/strict';
import { readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { hasEnded, newFolder, openDevScene, slipway, until, type RunningCommand } from './scene.js';

const scene = openDevScene();
after(() => scene.close());
let dev: RunningCommand;

const mode = (path: string): number => statSync(path).mode & 0o777;
const whoami = async (identity: string): Promise<{ readonly exit: number | string; readonly stdout: string }> => {
  const asked = slipway(['whoami', '--json', '--as', identity, '--home', scene.home]);
  return { exit: await asked.exit, stdout: asked.stdout() };
};

test('the first start makes an installation that answers, with secrets for the owner alone', async () => {
  dev = await scene.start();
  assert.deepEqual(
    scene.state().processes.map(({ name }) => name),
    [
      'temporal',
      'store',
      'signer',
      'api',
      'serving-test',
      'serving-staging',
      'serving-production',
      'worker-control',
      'worker-1',
    ],
  );
  for (const file of ['dev.json', 'tokens.json', 'keys/store.json', 'credentials/author', 'slipway.config.yaml']) {
    assert.equal(mode(join(scene.home, file)), 0o600, file);
  }
  const production = scene.state().processes.find(({ name }) => name === 'serving-production')?.url;
  assert.ok(dev.stdout().includes(`${production} (production)`), dev.stdout());
  const { exit, stdout } = await whoami('reviewer');
  assert.equal(exit, 0);
  assert.deepEqual((JSON.parse(stdout) as { roles: unknown }).roles, ['reviewer']);
  assert.match(dev.stderr(), /^no channel reaches reviewer, oncall: /m);
});

test('no secret stands in dev.json, a log, or on a command line', () => {
  const { secretKey } = JSON.parse(readFileSync(join(scene.home, 'keys/store.json'), 'utf8')) as { secretKey: string };
  const token = readFileSync(join(scene.home, 'credentials/author'), 'utf8').trim();
  const texts = [
    readFileSync(join(scene.home, 'dev.json'), 'utf8'),
    ...readdirSync(join(scene.home, 'logs')).map((name) => readFileSync(join(scene.home, 'logs', name), 'utf8')),
    ...(process.platform === 'linux'
      ? scene.state().processes.map(({ pid }) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
      : []),
  ];
  for (const text of texts) assert.ok(!text.includes(secretKey) && !text.includes(token));
});

test('doctor finds everything well, and workers, API and serving nodes tell their metrics', async () => {
  const doctor = slipway(['doctor', '--json', '--home', scene.home]);
  assert.equal(await doctor.exit, 0);
  const { findings } = JSON.parse(doctor.stdout()) as {
    findings: readonly { check: string; ok: boolean; advice?: true; detail: string }[];
  };
  const door = findings.find(({ check }) => check === 'who reaches Temporal');
  assert.deepEqual([door?.ok, door?.advice], [false, true]);
  assert.match(
    door?.detail ?? '',
    /^127\.0\.0\.1:\d+ asks for no credentials: every program of this machine can signal/,
  );
  assert.deepEqual(
    findings.filter(({ ok, advice }) => !ok && advice !== true),
    [],
  );
  assert.equal(findings.find(({ check }) => check === 'channels')?.ok, false);
  for (const { name } of scene.state().processes)
    assert.ok(
      findings.some(({ check }) => check === name),
      name,
    );
  const metrics = async (name: string): Promise<string> =>
    (await fetch(`${scene.state().processes.find((one) => one.name === name)?.url}/metrics`)).text();
  assert.match(await metrics('worker-1'), /^slipway_worker_activities_in_flight\{queue="build"\} 0$/m);
  assert.match(await metrics('worker-control'), /^temporal_num_pollers\{/m);
  assert.match(await metrics('api'), /^# TYPE /m);
});

test('a second start in the same home is refused, and harms nothing', async () => {
  const before = scene.state();
  const second = slipway(['dev', '--home', scene.home]);
  assert.equal(await second.exit, 2);
  assert.match(second.stderr(), new RegExp(`runs already for this home, as process ${dev.child.pid}`));
  assert.deepEqual(scene.state(), before);
  assert.equal((await whoami('author')).exit, 0);
});

test('each process comes back after kill -9, at the same address, and dev.json has its new pid', async () => {
  for (const before of scene.state().processes) {
    const readied = scene.readied(dev, before.name);
    process.kill(before.pid, 'SIGKILL');
    await until(() => scene.readied(dev, before.name) > readied && ![0, before.pid].includes(scene.pidOf(before.name)));
    const now = scene.state().processes.find(({ name }) => name === before.name);
    assert.deepEqual({ ...now, pid: 0 }, { ...before, pid: 0 });
  }
  assert.equal((await whoami('oncall')).exit, 0);
});

test('kill -9 of the supervisor leaves no process behind, and the next start finds everything again', async () => {
  const before = scene.state();
  dev.child.kill('SIGKILL');
  await until(() => before.processes.every(({ pid }) => hasEnded(pid)));
  const asked = slipway(['whoami', '--as', 'author', '--home', scene.home]);
  assert.equal(await asked.exit, 9);
  assert.match(asked.stderr(), /api_unreachable/);
  const doctor = slipway(['doctor', '--home', scene.home]);
  assert.equal(await doctor.exit, 9);
  assert.match(doctor.stdout(), /temporal +failed +process \d+ does not answer/);
  dev = await scene.start();
  assert.notEqual(scene.state().instanceId, before.instanceId);
  assert.equal(
    scene.state().processes.find(({ name }) => name === 'api')?.url,
    before.processes.find(({ name }) => name === 'api')?.url,
  );
  assert.equal((await whoami('author')).exit, 0);
});

test('a Temporal that comes back with an empty database is told, and the API refuses to start work', async () => {
  for (const name of readdirSync(scene.home)) {
    if (name.startsWith('temporal.sqlite')) rmSync(join(scene.home, name));
  }
  process.kill(scene.pidOf('temporal'), 'SIGKILL');
  await until(() => dev.stderr().includes('after the restart of temporal'));
  assert.match(dev.stderr(), /after the restart of temporal: .*namespace/);
  await until(() => /temporal_empty: .*`slipway recover`/.test(dev.stderr()));
  const asked = slipway(['release', 'start', '--model', 'none', '--as', 'author', '--home', scene.home]);
  assert.equal(await asked.exit, 9);
  assert.match(asked.stderr(), /temporal_empty/);
});

test('SIGTERM ends everything in order, and dev.json with it', async () => {
  // A worker may be on its way back after the kill of Temporal before: it has no process then.
  await until(() => scene.state().processes.every(({ pid }) => pid !== 0));
  const { processes } = scene.state();
  dev.child.kill('SIGTERM');
  assert.equal(await dev.exit, 0);
  for (const { name, pid } of processes) assert.ok(hasEnded(pid), `${name} still runs`);
  const order = [...dev.stderr().matchAll(/^(\S+) has ended$/gm)].map(([, name = '']) => name.replace(/-.*/, ''));
  assert.deepEqual([...new Set(order)], ['worker', 'serving', 'api', 'signer', 'store', 'temporal']);
  assert.ok(!readdirSync(scene.home).some((name) => name.startsWith('dev.')));
});

test('a start that finds the engine empty says so, serves, and works again once it is recovered', async () => {
  const start = slipway(['dev', '--home', scene.home]);
  await until(
    () => start.stdout().includes('nothing else moves'),
    () => start.child.exitCode !== null,
  );
  assert.match(start.stderr(), /temporal_empty: .*\n.*`slipway recover`/);
  assert.ok(!start.stdout().includes('Ready.'));
  for (const name of ['api', 'serving-production']) assert.equal(scene.readied(start, name), 1, name);
  for (const name of ['worker-control', 'worker-1']) assert.equal(scene.readied(start, name), 0, name);
  const recovered = slipway(['recover', '--yes', '--json', '--as', 'oncall', '--home', scene.home]);
  assert.equal(await recovered.exit, 0, recovered.stderr());
  await until(() => ['worker-control', 'worker-1'].every((name) => scene.readied(start, name) === 1));
  start.child.kill('SIGTERM');
  assert.equal(await start.exit, 0);
});

test('a port that was asked for and is taken is named, and nothing starts', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await until(() => taken.listening);
  after(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const home = newFolder();
  const start = slipway(['dev', '--home', home, '--port', String(port)]);
  assert.equal(await start.exit, 9);
  assert.match(start.stderr(), new RegExp(`port_taken: port ${port} is used by another program`));
  assert.deepEqual(readdirSync(join(home, 'logs')), []);
  rmSync(home, { recursive: true });
});

test('servers that are nowhere are named, with the ways to have them', async () => {
  const home = newFolder();
  const start = slipway(['dev', '--home', home], { SLIPWAY_CACHE: home, PATH: '/usr/bin:/bin' });
  assert.equal(await start.exit, 9);
  for (const words of ['server_missing', 'Temporal CLI', 'MinIO', 'SLIPWAY_TEMPORAL_PATH', 'SLIPWAY_STORE_ENDPOINT']) {
    assert.ok(start.stderr().includes(words), words);
  }
  rmSync(home, { recursive: true });
});
