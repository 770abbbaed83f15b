import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeSteps, hashedPatterns } from '../../../src/domain/build/describeSteps.js';
import type { InstallSpec } from '../../../src/domain/spec/types.js';
import { digestOf, stepOf } from './scene.js';

const command = { timeoutMs: 1, env: {} };
const steps = [stepOf('train', { inputs: ['train.py'], outputs: ['model.onnx'] })];
const FILES = { 'train.py': 'learn', 'locks/linux.lock': 'numpy', 'package.json': 'npm', 'README.md': 'words' };

const described = (
  install: InstallSpec | undefined,
  files: Readonly<Record<string, string>> = FILES,
  machine: Readonly<Record<string, string>> = { node: 'v20', python: '3.11.7' },
) => {
  const tree = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, digestOf(text)]));
  const spec = { build: { params: {}, steps }, ...(install === undefined ? {} : { install }) };
  const { facts, missing } = describeSteps({ spec, tree, params: {}, machine }, digestOf);
  return { environment: facts['train']?.environment ?? {}, missing, patterns: hashedPatterns(spec) };
};
const changed = (install: InstallSpec, path: string): boolean =>
  described(install).environment['install'] !==
  described(install, { ...FILES, [path]: 'changed' }).environment['install'];

describe('what install prepares', () => {
  const lock = { ...command, python: 'locks/linux.lock' };
  it('is the lock file of Python alone where there is no command', () => {
    assert.deepEqual(
      Object.keys(FILES).filter((path) => changed(lock, path)),
      ['locks/linux.lock'],
    );
    assert.deepEqual(described(lock).patterns, ['train.py', 'locks/linux.lock']);
  });

  it('is the lock file and what the command reads', () => {
    const both = { ...lock, run: 'npm ci' };
    assert.deepEqual(
      Object.keys(FILES).filter((path) => changed(both, path)),
      ['locks/linux.lock', 'package.json'],
    );
    assert.equal(described(both).patterns, undefined);
    const named = { ...both, inputs: ['README.md'] };
    assert.deepEqual(
      Object.keys(FILES).filter((path) => changed(named, path)),
      ['locks/linux.lock', 'README.md'],
    );
  });

  it('is its command with its variables', () => {
    const of = (install: InstallSpec) => described({ ...install, inputs: ['README.md'] }).environment['install'];
    const plain = { ...command, run: 'npm ci' };
    const others: readonly InstallSpec[] = [
      plain,
      { ...plain, run: 'npm install' },
      { ...plain, env: { NODE_ENV: 'production' } },
      { ...plain, env: { NODE_ENV: 'test' } },
      { ...plain, network: true },
      { ...lock, env: { INDEX: 'a' } },
      { ...lock, env: { INDEX: 'b' } },
    ];
    assert.equal(new Set(others.map(of)).size, others.length);
    assert.equal(of({ ...plain, timeoutMs: 2 }), of(plain), 'how long it may take decides on nothing');
  });

  it('counts the version of Python only where Slipway makes the environment with it', () => {
    assert.equal(described(lock).environment['python'], '3.11.7');
    for (const other of [undefined, { ...command, run: 'pip install -r requirements.txt' }])
      assert.equal('python' in described(other).environment, false);
  });

  it('misses a lock file that is not there', () => {
    assert.deepEqual(described({ ...command, python: 'other.lock' }).missing, [
      { step: 'install', input: 'other.lock' },
    ]);
  });
});
