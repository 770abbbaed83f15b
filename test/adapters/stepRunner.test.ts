import assert from 'node:assert/strict';
import { execFile as execFileCallback } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { after, before, describe, it } from 'node:test';
import { findConfinement, whyUnconfined, type Confinement } from '../../src/adapters/process/confinement.js';
import { createStepRunner } from '../../src/adapters/process/stepRunner.js';
import type { StepResult } from '../../src/ports/stepRunner.js';
import { eventually } from '../fixtures/eventually.js';

const ROOT = new URL('../../../', import.meta.url).pathname;
const execFile = promisify(execFileCallback);
const path = process.env['PATH'] ?? '';
const best = await findConfinement(path);
const confinements: readonly Confinement[] = best.kind === 'namespace' ? [{ kind: 'group' }, best] : [best];

for (const confinement of confinements) {
  describe(`steps in a ${confinement.kind}`, () => {
    let directory: string;
    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'slipway-steps-'));
    });
    after(() => rm(directory, { recursive: true, force: true }));

    const runner = createStepRunner({ path, graceMs: 300, confinement });
    const start = (
      command: string,
      options: { env?: Record<string, string>; timeoutMs?: number; signal?: AbortSignal; onOutput?: () => void } = {},
    ) =>
      runner.run(
        { command, directory, env: options.env ?? {}, timeoutMs: options.timeoutMs ?? 60_000 },
        options.onOutput ?? (() => undefined),
        options.signal ?? new AbortController().signal,
      );

    /** Daemons without the session or the environment of their step; each holds the run by one thing. */
    const STRANGERS = [
      'setsid env -i sleep 6011 </dev/null >/dev/null 2>&1 &',
      `setsid env -i sh -c 'cd /; exec 3>"$0/held"; exec sleep 6012' "$PWD" </dev/null >/dev/null 2>&1 &`,
    ].join('\n');
    const strangers = async (): Promise<readonly string[]> => {
      const { stdout } = await execFile('ps', ['-eo', 'args']);
      return stdout.split('\n').filter((line) => /^sleep 601[12]$/.test(line));
    };

    it('leaves no daemon that dropped its session and its environment', async () => {
      const wait =
        'until ps -eo args | grep -q "^sleep 6011$" && ps -eo args | grep -q "^sleep 6012$"; do sleep 0.05; done';
      const { end } = await start(`${STRANGERS}\n${wait}`, { timeoutMs: 20_000 });
      assert.deepEqual(end, { kind: 'exited', code: 0 });
      await eventually(async () => assert.deepEqual(await strangers(), []));
    });

    it('leaves those of a step alone that runs beside it in the same folder, until that ends, too', async () => {
      const other = start('env -i sh -c "echo \\$\\$ > alive; exec sleep 6013"', { timeoutMs: 1_500 });
      const { tail } = await start('until test -s alive; do sleep 0.05; done; echo seen');
      assert.equal(tail, 'seen\n');
      assert.deepEqual((await other).end, { kind: 'timeout' });
    });

    it('inherits no file that its worker has open', async () => {
      const secret = join(directory, 'open-in-worker');
      await writeFile(secret, 'canary-value');
      const file = await open(secret);
      const { tail } = await start('ls -l /proc/self/fd');
      await file.close();
      assert.doesNotMatch(tail, /open-in-worker/);
    });
  });
}

const missing = await whyUnconfined(path);
describe('steps in a namespace', { skip: missing === undefined ? false : `not tried here: ${missing}` }, () => {
  const inSandbox = async (
    command: (root: string) => string,
    given: { readonly network?: boolean; readonly writable?: readonly string[] } = {},
  ): Promise<StepResult> => {
    const root = await mkdtemp(join(tmpdir(), 'slipway-steps-'));
    const { writable = [], ...step } = given;
    try {
      return await createStepRunner({ path, confinement: best, writable }).run(
        { command: command(root), directory: root, env: {}, timeoutMs: 20_000, ...step },
        () => undefined,
        new AbortController().signal,
      );
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  };

  it('write to the folder of their run and to what the operator names, and nowhere else', async () => {
    const cache = await mkdtemp(join(tmpdir(), 'slipway-cache-'));
    const outside = join(ROOT, 'dist', `outside-${process.pid}`);
    const { tail } = await inSandbox(
      (root) =>
        `for file in ${root}/in ${cache}/in /tmp/in ${outside} /etc/outside /usr/outside; do
          (echo x > "$file") 2>/dev/null && echo "wrote $file"; done; mount -o remount,rw / 2>&1 | tail -1`,
      { writable: [cache] },
    );
    const written = tail.split('\n').filter((line) => line.startsWith('wrote'));
    assert.deepEqual(
      written.map((line) => line.replace(/slipway-steps-\w+/, 'root')),
      [`wrote ${tmpdir()}/root/in`, `wrote ${cache}/in`, 'wrote /tmp/in'],
    );
    await access(join(cache, 'in'));
    for (const file of [outside, '/etc/outside', '/usr/outside', '/tmp/in']) await assert.rejects(access(file), file);
    await rm(cache, { recursive: true });
  });

  it('find a /tmp and a /run without what others left there', async () => {
    const other = join('/tmp', `slipway-other-${process.pid}`);
    await writeFile(other, 'canary-value');
    const { tail } = await inSandbox(() => `cat ${other}; ls -A /tmp /run`);
    await rm(other);
    assert.doesNotMatch(tail, /canary-value|slipway-other-\d+$/m);
  });

  it('reach the network only where they say so', async () => {
    const server = createServer((socket) => socket.end('reached')).listen(0, '127.0.0.1');
    server.unref();
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const ask = (): string =>
      `${process.execPath} -e "require('net').connect(${port}, '127.0.0.1').on('data', (data) => console.log(String(data))).on('error', (error) => console.log(error.code))"`;
    assert.equal((await inSandbox(ask)).tail, 'ECONNREFUSED\n');
    assert.equal((await inSandbox(ask, { network: true })).tail, 'reached\n');
    server.close();
  });

  it('have no capability, also where the worker is root, and still find a processor of random numbers', async () => {
    const { tail } = await inSandbox(
      () => 'grep CapEff /proc/self/status; head -c 4 /dev/urandom | wc -c; echo x > /dev/null && ls -d /dev/fd/1',
    );
    assert.match(tail, /^CapEff:\t0{16}\n4\n\/dev\/fd\/1\n$/);
  });

  it('see no other process, and find hidden directories empty', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'slipway-steps-'));
    const keys = join(directory, 'keys');
    await mkdir(keys);
    await writeFile(join(keys, 'secret'), 'canary-value');
    const runner = createStepRunner({ path, confinement: best, hidden: [keys, join(directory, 'absent')] });
    const command = `cat keys/secret; cat /proc/${process.pid}/environ; ls -d /proc/[0-9]* | wc -l`;
    const { tail } = await runner.run(
      { command, directory, env: {}, timeoutMs: 10_000 },
      () => undefined,
      new AbortController().signal,
    );
    assert.doesNotMatch(tail, /canary-value|PATH=/);
    await assert.rejects(access(join(directory, 'absent')));
    assert.ok(Number(tail.trim().split('\n').at(-1)) < 10, tail);
    await rm(directory, { recursive: true, force: true });
  });

  it('see of a hidden directory only the folder of their own run, and can write there', async () => {
    const home = await mkdtemp(join(tmpdir(), 'slipway-home-'));
    const root = join(home, 'work', 'mine');
    const checkout = join(root, 'checkout');
    await mkdir(checkout, { recursive: true });
    await mkdir(join(home, 'work', 'of-another'));
    await writeFile(join(home, 'tokens.json'), 'canary-value');
    const runner = createStepRunner({ path, confinement: best, hidden: [home] });
    const { tail, end } = await runner.run(
      {
        command: `echo built > ../result && cat ${home}/tokens.json; ls ${home} ${home}/work; exit 0`,
        directory: checkout,
        root,
        env: {},
        timeoutMs: 10_000,
      },
      () => undefined,
      new AbortController().signal,
    );
    assert.deepEqual(end, { kind: 'exited', code: 0 }, tail);
    assert.doesNotMatch(tail, /canary-value|of-another/);
    assert.match(tail, /mine/);
    assert.equal(await readFile(join(root, 'result'), 'utf8'), 'built\n');
    await rm(home, { recursive: true, force: true });
  });
});

describe('confinement', () => {
  it('is not found where bubblewrap is not, or fails, and says why', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-bwrap-'));
    assert.deepEqual(await findConfinement(folder), { kind: 'group' });
    assert.equal(await whyUnconfined(folder), 'bwrap is not on the PATH');
    await writeFile(join(folder, 'bwrap'), '#!/bin/sh\necho "bwrap: no permission to make a namespace" >&2; exit 1\n', {
      mode: 0o755,
    });
    assert.deepEqual(await findConfinement(folder), { kind: 'group' });
    assert.equal(await whyUnconfined(folder), 'bwrap: no permission to make a namespace');
    await rm(folder, { recursive: true });
  });
});
