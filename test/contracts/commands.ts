import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { carriersOf } from '../../src/adapters/process/processTree.js';
import type { StepCommand, StepResult, StepRunner } from '../../src/ports/stepRunner.js';
import { eventually } from '../fixtures/eventually.js';

/** A step with a child, a grandchild that ignores SIGTERM, and a daemon that left its session. */
const FAMILY = [
  'sleep 6001 &',
  `sh -c 'trap "" TERM; sleep 6002 & while :; do sleep 6003; done' &`,
  'setsid sh -c "sleep 6004" </dev/null >/dev/null 2>&1 &',
  'echo started',
  'sleep 6005',
].join('\n');

export interface RealRunner {
  /** Gives steps 300 ms to end themselves. */
  readonly runner: StepRunner;
  /** Of a module of its own: statements that import the adapter and declare `runner`. */
  readonly source: string;
  /** A daemon that left its session outlives a worker that was killed: nothing is left that could find it. */
  readonly missesDaemons?: boolean;
}

/** What every StepRunner does that starts real commands; the processes are looked for on this machine. */
export const describeCommands = (name: string, { runner, source, missesDaemons = false }: RealRunner): void => {
  describe(`commands of ${name}`, () => {
    let directory: string;
    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'slipway-steps-'));
    });
    after(() => rm(directory, { recursive: true, force: true }));

    const start = (
      command: string,
      given: Partial<StepCommand> & { readonly signal?: AbortSignal; readonly onOutput?: () => void } = {},
    ): Promise<StepResult> => {
      const { signal = new AbortController().signal, onOutput = () => undefined, ...step } = given;
      return runner.run({ command, directory, env: {}, timeoutMs: 60_000, ...step }, onOutput, signal);
    };
    const tagOf = (tag: string): Record<string, string> => ({ FAMILY: `${tag}-${name.replaceAll(' ', '-')}` });
    const family = async (tag: string): Promise<readonly number[]> =>
      (await carriersOf(`FAMILY=${tagOf(tag)['FAMILY']}`)).found;

    it('leave no process after a timeout', async () => {
      const { end } = await start(FAMILY, { env: tagOf('timeout'), timeoutMs: 1_000 });
      assert.deepEqual(end, { kind: 'timeout' });
      await eventually(async () => assert.deepEqual(await family('timeout'), []));
    });

    it('leave no process after a cancel', async () => {
      const cancel = new AbortController();
      const onOutput = (): void => cancel.abort(new Error('cancelled'));
      await assert.rejects(start(FAMILY, { env: tagOf('cancel'), signal: cancel.signal, onOutput }), /cancelled/);
      await eventually(async () => assert.deepEqual(await family('cancel'), []));
    });

    it('leave no background process after they ended by themselves', async () => {
      const { end } = await start(FAMILY.replace('sleep 6005', 'exit 0'), { env: tagOf('exit') });
      assert.deepEqual(end, { kind: 'exited', code: 0 });
      await eventually(async () => assert.deepEqual(await family('exit'), []));
    });

    it('end with their worker when that is killed with -9', async () => {
      const script = join(directory, 'worker.mjs');
      const command = missesDaemons ? FAMILY.replace(/setsid.*\n/, '') : FAMILY;
      const step = { command, directory, env: tagOf('orphan'), timeoutMs: 60_000 };
      await writeFile(
        script,
        `${source}
        await runner.run(${JSON.stringify(step)}, () => console.log('started'), new AbortController().signal);`,
      );
      const worker = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
      await new Promise((resolve) => worker.stdout.once('data', resolve));
      await eventually(async () => assert.ok((await family('orphan')).length >= 4));
      worker.kill('SIGKILL');
      await eventually(async () => assert.deepEqual(await family('orphan'), []));
    });

    it('are given time to end themselves', async () => {
      const command = `trap 'echo tidying up; exit 0' TERM; echo ready; while :; do sleep 0.05; done`;
      const { tail } = await start(command, { timeoutMs: 1_500 });
      assert.match(tail, /^ready\n[^]*tidying up\n$/);
    });

    it('see nothing of the environment that they were not given', async () => {
      process.env['SLIPWAY_STORE_SECRET_KEY'] = 'canary-value';
      const { tail } = await start('env', { env: { GIVEN: 'yes' } });
      delete process.env['SLIPWAY_STORE_SECRET_KEY'];
      const names = tail.split('\n').map((line) => line.split('=')[0] ?? '');
      const own = ['', '_', 'PWD', 'OLDPWD', 'SHLVL', 'HOSTNAME', 'SLIPWAY_STEP_ID'];
      assert.deepEqual(names.filter((one) => !own.includes(one)).sort(), ['GIVEN', 'HOME', 'PATH']);
    });

    it('find each secret in a file, which alone has it', async () => {
      const secrets = [
        { variable: 'SLIPWAY_SECRET_ONE', value: 'tøken/9f8e7d6c+5b4a==\nsecond line' },
        { variable: 'SLIPWAY_SECRET_TWO', value: '17\n' },
      ];
      const command = `cat "$SLIPWAY_SECRET_ONE"; echo; cat "$SLIPWAY_SECRET_TWO"
        cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | grep -ac '9f8e7d6[c]'`;
      const { tail } = await start(command, { secrets });
      assert.equal(tail, 'tøken/9f8e7d6c+5b4a==\nsecond line\n17\n0\n');
    });

    it('start in their directory, and what they write there is there', async () => {
      await mkdir(join(directory, 'inner'), { recursive: true });
      const { tail, end } = await start('pwd; echo here > inner/file');
      assert.deepEqual({ tail, end }, { tail: `${directory}\n`, end: { kind: 'exited', code: 0 } });
      assert.equal(await readFile(join(directory, 'inner/file'), 'utf8'), 'here\n');
    });
  });
};
