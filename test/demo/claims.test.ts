import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';

interface Summary {
  readonly ok: boolean;
  readonly claims: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
  readonly blind: readonly string[];
}

const directory = mkdtempSync(join(tmpdir(), 'slipway-demo-test-'));
let told: { readonly code: number | null; readonly summary: Summary; readonly text: string };
let supervisor = 0;

/** The demo as a user runs it without a terminal, left running. */
const runDemo = () =>
  new Promise<typeof told>((done, fail) => {
    const args = [resolve('tools/demo/run.mjs'), '--yes', '--keep', '--json', '--home', directory];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.once('error', fail);
    child.once('exit', (code) => {
      const text = Buffer.concat(err).toString('utf8');
      const stdout = Buffer.concat(out).toString('utf8');
      if (stdout.trim() === '') fail(new Error(`the demo said nothing:\n${text}`));
      else done({ code, summary: JSON.parse(stdout) as Summary, text });
    });
  });

const folder = (name: string): string =>
  join(
    directory,
    readdirSync(directory).find((one) => one.startsWith(name))!,
  );

type Verified = Pick<Summary, 'ok' | 'claims'>;

const verify = (...more: string[]) =>
  new Promise<{ readonly code: number; readonly stories: readonly Verified[] }>((done) => {
    const files = [folder('home-'), join(folder('repository-'), 'flight-delay'), join(directory, 'facts.json')];
    execFile(process.execPath, [resolve('tools/demo/verify.mjs'), ...files, ...more], (error, stdout) =>
      done({
        code: typeof error?.code === 'number' ? error.code : 0,
        stories: stdout
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as Verified),
      }),
    );
  });

before(async () => {
  told = await runDemo();
  const state = JSON.parse(readFileSync(join(folder('home-'), 'dev.json'), 'utf8')) as { readonly supervisor: number };
  supervisor = state.supervisor;
});
after(async () => {
  if (supervisor > 0) {
    process.kill(supervisor, 'SIGTERM');
    while (isAlive(supervisor)) await new Promise((next) => setTimeout(next, 50));
  }
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
});

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('the demo', () => {
  it('ends well, with every claim held against another source', () => {
    assert.deepEqual([told.code, told.summary.ok, told.summary.blind], [0, true, []], told.text);
    assert.ok(told.summary.claims.length >= 15);
  });

  it('fails when any single claim is sabotaged, and says which', async () => {
    const names = told.summary.claims.map(({ name }) => name);
    const { code, stories } = await verify(...names.flatMap((name) => ['--spoil', name]));
    assert.equal(code, 1);
    assert.equal(stories.length, names.length);
    for (const [index, { ok, claims }] of stories.entries()) {
      assert.ok(!ok, `${names[index]}: sabotage went unnoticed`);
      assert.ok(!claims.find((one) => one.name === names[index])!.ok, `${names[index]} still holds`);
    }
  });

  it('holds again with nothing spoiled', async () => {
    const { code, stories } = await verify();
    assert.deepEqual([code, stories.flatMap(({ claims }) => claims.filter((one) => !one.ok))], [0, []]);
  });
});
