import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { StepResult, StepRunner } from '../../src/ports/stepRunner.js';
import type { StepScript } from '../fakes/scriptedStepRunner.js';

const MIB = 1024 * 1024;

/** Shell commands, and what a fake must do when it is given them. */
export const CONTRACT_STEPS: Readonly<Record<string, StepScript>> = {
  'echo out; echo err >&2; echo out again': { output: 'out\nerr\nout again\n', end: { kind: 'exited', code: 0 } },
  'echo broken; exit 3': { output: 'broken\n', end: { kind: 'exited', code: 3 } },
  'kill -KILL $$': { end: { kind: 'killed', signal: 'SIGKILL' } },
  'echo waiting; sleep 600': { output: 'waiting\n', end: 'hangs' },
  'yes 123456789012345 | head -c 20971520': {
    output: '123456789012345\n'.repeat((20 * MIB) / 16),
    end: { kind: 'exited', code: 0 },
  },
};

/** What every StepRunner does, fake or real. */
export const describeStepRunner = (name: string, open: () => StepRunner): void => {
  describe(`StepRunner contract: ${name}`, () => {
    let directory: string;
    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'slipway-steps-'));
    });
    after(() => rm(directory, { recursive: true, force: true }));

    const run = async (
      command: string,
      timeoutMs = 60_000,
      signal = new AbortController().signal,
    ): Promise<StepResult & { output: string }> => {
      const chunks: Uint8Array[] = [];
      const result = await open().run(
        { command, directory, env: {}, timeoutMs },
        (chunk) => chunks.push(chunk),
        signal,
      );
      return { ...result, output: Buffer.concat(chunks).toString() };
    };

    it('hands over what was written, in order', async () => {
      const { output, end, tail, logBytes, logCapped } = await run('echo out; echo err >&2; echo out again');
      assert.deepEqual(
        { output, end, tail, logBytes, logCapped },
        {
          output: 'out\nerr\nout again\n',
          end: { kind: 'exited', code: 0 },
          tail: 'out\nerr\nout again\n',
          logBytes: 18,
          logCapped: false,
        },
      );
    });

    it('tells the exit code', async () => {
      const { end, tail } = await run('echo broken; exit 3');
      assert.deepEqual({ end, tail }, { end: { kind: 'exited', code: 3 }, tail: 'broken\n' });
    });

    it('tells the signal that ended it', async () => {
      assert.deepEqual((await run('kill -KILL $$')).end, { kind: 'killed', signal: 'SIGKILL' });
    });

    it('ends at the timeout, with what was written until then', async () => {
      const { end, output } = await run('echo waiting; sleep 600', 300);
      assert.deepEqual({ end, output }, { end: { kind: 'timeout' }, output: 'waiting\n' });
    });

    it('caps the log at 16 MiB, says so, and keeps the last lines', async () => {
      const { output, logBytes, logCapped, tail, end } = await run('yes 123456789012345 | head -c 20971520');
      assert.deepEqual(
        { kept: output.length, logBytes, logCapped, end },
        { kept: 16 * MIB, logBytes: 20 * MIB, logCapped: true, end: { kind: 'exited', code: 0 } },
      );
      assert.ok(tail.length <= 4096 && tail.endsWith('123456789012345\n') && tail.startsWith('1'), tail.slice(0, 20));
    });

    it('rejects with the reason of a cancel', async () => {
      const cancel = new AbortController();
      const reason = new Error('cancelled by a person');
      const running = open().run(
        { command: 'echo waiting; sleep 600', directory, env: {}, timeoutMs: 60_000 },
        () => cancel.abort(reason),
        cancel.signal,
      );
      await assert.rejects(running, reason);
    });

    it('starts nothing after a cancel', async () => {
      await assert.rejects(run('echo broken; exit 3', 1000, AbortSignal.abort(new Error('too late'))), /too late/);
    });
  });
};
