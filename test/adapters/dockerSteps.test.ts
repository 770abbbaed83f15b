import assert from 'node:assert/strict';
import { once } from 'node:events';
import { access, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { findContainers, openEngine, removeContainer, whyNoContainers } from '../../src/adapters/docker/engine.js';
import { createDockerStepRunner, type DockerOptions } from '../../src/adapters/docker/stepRunner.js';
import { carriersOf } from '../../src/adapters/process/processTree.js';
import type { StepCommand, StepResult } from '../../src/ports/stepRunner.js';
import { eventually } from '../fixtures/eventually.js';
import { findContainerEngine } from '../servers/containerEngine.js';

const MIB = 1024 * 1024;
const found = await findContainerEngine();
const { socket, image, title, stop } =
  typeof found === 'string' ? { socket: '', image: '', title: 'nothing', stop: async () => undefined } : found;
const skip = typeof found === 'string' && found;
const OWNER = { installation: 'adapter', host: 'here' };

describe(`steps in containers of ${title}`, { skip }, () => {
  const engine = openEngine(socket);
  after(stop);
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'slipway-steps-'));
  });
  afterEach(async () => {
    // What a test that failed left running would keep this process.
    for (const { id } of await containers()) await removeContainer(engine, id);
    await rm(root, { recursive: true, force: true });
  });

  const open = (more: Partial<DockerOptions> = {}) =>
    createDockerStepRunner({
      ...{ socket, image, owner: OWNER, network: 'host', memoryBytes: 256 * MIB, cpus: 1, processes: 64, writable: [] },
      graceMs: 300,
      ...more,
    });
  const start = (
    command: string,
    step: Partial<StepCommand> = {},
    options: Partial<DockerOptions> = {},
    onOutput: (chunk: Uint8Array) => void = () => undefined,
  ): Promise<StepResult> =>
    open(options).run(
      { command, directory: root, env: {}, timeoutMs: 60_000, ...step },
      onOutput,
      new AbortController().signal,
    );
  const containers = (task?: string) => findContainers(engine, OWNER, task);
  /** A step that runs until its container is removed, when it has written something. */
  const hold = async (step: Partial<StepCommand>): Promise<{ readonly ended: Promise<StepResult> }> => {
    let ended: Promise<StepResult> | undefined;
    await new Promise<void>((up, failed) => {
      ended = start('echo up; sleep 600', step, {}, () => up());
      ended.catch(failed);
    });
    return { ended: ended! };
  };

  it('write to the folder of their run, to what the operator names, to /tmp, and nowhere else', async () => {
    const cache = await mkdtemp(join(tmpdir(), 'slipway-cache-'));
    const { tail } = await start(
      `for file in ${root}/in ${cache}/in /tmp/in /var/tmp/in /etc/in /bin/in /in; do
        (echo x > "$file") 2>/dev/null && echo "wrote $file"; done`,
      {},
      { writable: [cache, join(cache, 'absent')] },
    );
    assert.deepEqual(tail.trim().split('\n'), [
      `wrote ${root}/in`,
      `wrote ${cache}/in`,
      'wrote /tmp/in',
      'wrote /var/tmp/in',
    ]);
    await access(join(cache, 'in'));
    await assert.rejects(access('/tmp/in'));
    await rm(cache, { recursive: true });
  });

  it('see of this machine only that, and no process but their own', async () => {
    const secret = join(tmpdir(), `slipway-other-${process.pid}`);
    await writeFile(secret, 'canary-value');
    const checkout = join(root, 'checkout');
    await mkdir(checkout);
    const command = `cat ${secret} 2>&1 | grep -c canary; echo built > ../result; ls ..; ls -d /proc/[0-9]* | wc -l`;
    const { tail } = await start(command, { directory: checkout, root });
    await rm(secret);
    const [seen, ...rest] = tail.trim().split('\n');
    assert.deepEqual([seen, ...rest.slice(0, -1)], ['0', 'checkout', 'result']);
    assert.ok(Number(rest.at(-1)) < 12, tail);
  });

  it('have no capability and no new privileges, whoever they run as', async () => {
    await chmod(root, 0o777);
    const command = 'id -u; grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status; echo x > mine && ls';
    const none = '0'.repeat(16);
    for (const user of ['0:0', '65534:65534']) {
      const { tail } = await start(command, {}, { user });
      const [id, ...rest] = tail.trim().replaceAll('\t', ' ').split('\n');
      assert.equal(id, user.split(':')[0]);
      assert.deepEqual(rest.sort(), [`CapBnd: ${none}`, `CapEff: ${none}`, 'NoNewPrivs: 1', 'Seccomp: 2', 'mine']);
      await rm(join(root, 'mine'));
    }
  });

  it('reach the network only where they say so', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = (server.address() as AddressInfo).port.toString(16).toUpperCase().padStart(4, '0');
    // The table of sockets is that of the network which the process is in.
    const listens = `grep -c ":${port} " /proc/net/tcp`;
    assert.equal((await start(listens)).tail, '0\n');
    assert.equal((await start(listens, { network: true })).tail, '1\n');
    server.close();
  });

  it('get no more memory than they ask for, nor than the operator allows', async () => {
    const eat = `head -c ${200 * MIB} /dev/zero | tail -c ${190 * MIB} | wc -c; true`;
    assert.equal((await start(eat)).tail, `${190 * MIB}\n`);
    const asked = await start(`head -c ${200 * MIB} /dev/zero | tail -c ${190 * MIB} >/dev/null`, {
      resources: { memoryBytes: 64 * MIB },
    });
    assert.deepEqual(asked.end, { kind: 'killed', signal: 'SIGKILL' });
    assert.match(asked.tail, /no memory left/);
    const allowed = await start(
      `head -c ${200 * MIB} /dev/zero | tail -c ${190 * MIB} >/dev/null`,
      { resources: { memoryBytes: 1024 * MIB } },
      { memoryBytes: 64 * MIB },
    );
    assert.deepEqual(allowed.end, { kind: 'killed', signal: 'SIGKILL' });
  });

  it('get no more processes and no more processor time', async () => {
    const many = await start(
      'for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 60 & done',
      {},
      { processes: 16 },
    );
    assert.notDeepEqual(many.end, { kind: 'exited', code: 0 });
    assert.match(many.tail, /fork|Resource temporarily unavailable/i);
    const spin = await start('while :; do :; done', { resources: { cpuMs: 1_000 } });
    assert.ok(spin.end.kind === 'killed' && ['SIGXCPU', 'SIGKILL'].includes(spin.end.signal), JSON.stringify(spin.end));
  });

  it('leave no secret in what the engine knows of their container', async () => {
    const value = 'tøken/9f8e7d6c+5b4a==';
    let known = '';
    // Until it is let go on, so that there is something to look at.
    const running = start(
      'cat "$SLIPWAY_SECRET_TOKEN" > copied; ls -l "$SLIPWAY_SECRET_TOKEN"; until test -e go; do sleep 0.05; done',
      { secrets: [{ variable: 'SLIPWAY_SECRET_TOKEN', value }] },
    );
    await eventually(async () => {
      const [one] = await containers();
      assert.ok(one);
      known = JSON.stringify(await engine.getContainer(one.id).inspect());
      assert.equal(await readFile(join(root, 'copied'), 'utf8'), value);
    });
    await writeFile(join(root, 'go'), '');
    const { end, tail } = await running;
    assert.deepEqual(end, { kind: 'exited', code: 0 });
    assert.match(tail, /^-r--------/);
    assert.ok(known.includes('SLIPWAY_SECRET_TOKEN=/run/slipway/0'));
    for (const form of [value, '9f8e7d6c+', Buffer.from(value).toString('base64')])
      assert.ok(!known.includes(form), form);
  });

  it('read their tools first, and cannot change them', async () => {
    const tools = await mkdtemp(join(tmpdir(), 'slipway-tools-'));
    await mkdir(join(tools, 'bin'));
    await writeFile(join(tools, 'bin/trainer'), '#!/bin/sh\necho trained\n', { mode: 0o755 });
    const { tail } = await start(
      `trainer; (echo x > ${tools}/new) 2>/dev/null || echo kept; cat --version >/dev/null && echo found`,
      { tools: { folder: tools, programs: join(tools, 'bin') } },
    );
    assert.equal(tail, 'trained\nkept\nfound\n');
    await rm(tools, { recursive: true });
  });

  it('leave no container behind, however they end', async () => {
    await start('exit 3');
    await start('sleep 600', { timeoutMs: 500 });
    await assert.rejects(start('true', {}, { image: `sha256:${'0'.repeat(64)}` }), { code: 'step_runner_unavailable' });
    await assert.rejects(start('true', { directory: join(root, 'absent') }), { code: 'step_runner_unavailable' });
    assert.deepEqual(await containers(), []);
  });

  it('end those of earlier attempts at the same task, and no others', async () => {
    const task = (id: string, attempt: number) => ({ task: { id, attempt } });
    const [earlier, beside, other] = [
      await hold(task('release/1', 1)),
      await hold(task('release/1', 2)),
      await hold(task('release/2', 1)),
    ];
    assert.deepEqual((await start('true', task('release/1', 2))).end, { kind: 'exited', code: 0 });
    const gone = await earlier.ended.then(
      ({ end }) => end.kind,
      (error: { code: string }) => error.code,
    );
    assert.match(gone, /^(killed|step_runner_unavailable)$/);
    assert.deepEqual([(await containers('release/1')).length, (await containers('release/2')).length], [1, 1]);
    for (const id of ['release/1', 'release/2']) await start('true', task(id, 3));
    await Promise.allSettled([beside.ended, other.ended]);
    assert.deepEqual(await containers(), []);
  });

  it('are swept where the folder of their run is gone, and left alone where it is not', async () => {
    const gone = await mkdtemp(join(tmpdir(), 'slipway-steps-'));
    const [orphan, alive] = [await hold({ directory: gone }), await hold({})];
    await rm(gone, { recursive: true });
    assert.equal(await open({ owner: { ...OWNER, host: 'elsewhere' } }).sweep(), 0);
    assert.equal(await open().sweep(), 1);
    await Promise.allSettled([orphan.ended]);
    assert.deepEqual(
      (await containers()).map(({ folder }) => folder),
      [root],
    );
    await rm(root, { recursive: true });
    assert.equal(await open().sweep(), 1);
    await Promise.allSettled([alive.ended]);
  });

  it('end where the connection to the engine does, which is told as such', async () => {
    const sockets = new Set<Socket>();
    const path = join(root, 'proxy.sock');
    const proxy = createServer((one) => {
      const other = connect(socket);
      for (const each of [one, other]) sockets.add(each.on('error', () => undefined));
      one.pipe(other).pipe(one);
    }).listen(path);
    await once(proxy, 'listening');
    const cut = (): void => {
      proxy.close();
      for (const each of sockets) each.destroy();
    };
    const env = { CUT: String(process.pid) };
    await assert.rejects(start('echo up; sleep 600', { env }, { socket: path }, cut), {
      code: 'step_runner_unavailable',
    });
    await eventually(async () => assert.deepEqual((await carriersOf(`CUT=${process.pid}`)).found, []));
    await start('true', { directory: root });
  });

  it('are said to be impossible without their image, and without an engine', async () => {
    assert.equal(await whyNoContainers(socket, image), undefined);
    const absent = `sha256:${'0'.repeat(64)}`;
    assert.equal(
      await whyNoContainers(socket, absent),
      `the container engine has no image ${absent}: pull it on this machine`,
    );
    assert.match((await whyNoContainers(join(root, 'none.sock'), image)) ?? '', /ENOENT/);
  });
});
