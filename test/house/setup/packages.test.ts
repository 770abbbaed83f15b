import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ROOT, ended, openMachine, until, type Machine } from './scene.js';

let machine: Machine;
let project: string;
let calls: string;
beforeEach(() => {
  machine = openMachine();
  project = join(machine.folder, 'project');
  calls = join(machine.folder, 'calls');
  mkdirSync(project);
  const manifest = { name: 'p', dependencies: { tiny: '1.0.0' } };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  writeFileSync(
    join(project, 'package-lock.json'),
    JSON.stringify({ packages: { '': manifest, 'node_modules/tiny': { version: '1.0.0', integrity: 'sha512-a' } } }),
  );
  writeFileSync(calls, '');
});
afterEach(() => machine.end());

/** An npm that does what `install` does to the folder; with `hang` it stops after the first file. */
const fakeNpm = (hang = false): string => `
  const fs = require('node:fs');
  fs.mkdirSync('node_modules/tiny', { recursive: true });
  fs.writeFileSync('node_modules/tiny/package.json', '{}');
  fs.appendFileSync(${JSON.stringify(calls)}, process.pid + ' ' + fs.existsSync('node_modules/left') + '\\n');
  if (${hang}) setInterval(() => undefined, 1000);
  else fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({
    packages: { 'node_modules/tiny': { version: '1.0.0', integrity: 'sha512-a' } } }));`;
const install = (): string => `
  const { installPackages } = await tool('setup/packages.mjs');
  console.log(await installPackages(${JSON.stringify(project)}, []));`;
const callsMade = (): string[] => readFileSync(calls, 'utf8').trim().split('\n').filter(Boolean);

describe('installing the packages of the lock file', () => {
  test('two at once install once', async () => {
    machine.program('npm', fakeNpm());
    const results = await Promise.all([1, 2].map(() => machine.start(install()).done));
    assert.deepEqual(results.map(({ stdout }) => stdout.trim()).sort(), ['false', 'true'], results[0]?.stderr);
    assert.equal(callsMade().length, 1);
  });

  test('after one that was killed the folder is built anew', async () => {
    machine.program('npm', fakeNpm(true));
    const first = machine.start(install());
    await until(() => readFileSync(calls, 'utf8') !== '');
    first.child.kill('SIGKILL');
    await first.done;
    await ended(Number(callsMade()[0]?.split(' ')[0]));
    writeFileSync(join(project, 'node_modules/left'), 'half a package');

    machine.program('npm', fakeNpm());
    const second = await machine.start(install()).done;
    assert.equal(second.stdout, 'true\n', second.stderr);
    assert.ok(!existsSync(join(project, 'node_modules/left')));
    assert.ok(!existsSync(join(project, 'node_modules/.slipway-installing')));
  });

  test('a package that was removed by hand, or is another version, is installed again', async () => {
    machine.program('npm', fakeNpm());
    await machine.start(install()).done;
    assert.equal((await machine.start(install()).done).stdout, 'false\n');
    const lock = readFileSync(join(project, 'package-lock.json'), 'utf8').replace('sha512-a', 'sha512-b');
    writeFileSync(join(project, 'package-lock.json'), lock);
    const { stderr, code } = await machine.start(install()).done;
    assert.equal(code, 1);
    assert.match(stderr, /do not agree \(node_modules\/tiny is another version\)/);
  });

  test('what npm says is part of the error', async () => {
    machine.program('npm', `console.error('npm error network ENOTFOUND'); process.exit(1);`);
    const { stderr } = await machine.start(install()).done;
    assert.match(stderr, /npm install failed:\nnpm error network ENOTFOUND\nCheck the network/);
  });
});

test('a warm set-up does nothing, and says how long that took', async (t) => {
  const [setup, cwd] = ['tools/setup.mjs', '.'].map((path) => fileURLToPath(new URL(path, ROOT)));
  const run = () => spawnSync(process.execPath, [setup ?? '', '--tests'], { cwd, encoding: 'utf8' });
  run();
  const { status, stderr } = run();
  assert.equal(status, 0, stderr);
  assert.match(stderr, /^setup: ready \(\d+\.\d s\)\n$/);
  t.diagnostic(stderr.trim());
});

test('every package of the lock file runs on the oldest Node that we promise', () => {
  const read = (name: string): string => readFileSync(fileURLToPath(new URL(name, ROOT)), 'utf8');
  const promised = (JSON.parse(read('package.json')) as { engines: { node: string } }).engines.node.replace('>=', '');
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { engines?: { node?: string } }>;
  };
  const refused = Object.entries(packages).flatMap(([path, { engines }]) =>
    engines?.node === undefined || allows(engines.node, promised) ? [] : [`${path}: ${engines.node}`],
  );
  assert.deepEqual(refused, []);
  assert.ok(!allows('>=22', promised) && !allows('^18 || >=21', promised) && allows('^20.0.0 || >=22.14', promised));
});

test('the lock file names no host, and every package is pinned by its content', () => {
  const lock = readFileSync(fileURLToPath(new URL('package-lock.json', ROOT)), 'utf8');
  assert.doesNotMatch(lock, /"resolved": "http/);
  const { packages } = JSON.parse(lock) as { packages: Record<string, { integrity?: string }> };
  const unpinned = Object.entries(packages).filter(
    ([path, { integrity }]) => path !== '' && !integrity?.startsWith('sha512-'),
  );
  assert.deepEqual(unpinned, []);
});

/** The part of npm's range grammar that `engines` use: `||` of comparators, of which all in one part must hold. */
const allows = (range: string, version: string): boolean =>
  range.split('||').some((part) =>
    part
      .trim()
      .replace(/(>=|<=|>|<|\^|~|=)\s+/g, '$1')
      .split(/\s+/)
      .every((comparator) => holds(comparator, version)),
  );

const holds = (comparator: string, version: string): boolean => {
  const [, operator = '', text = ''] = /^(>=|<=|>|<|\^|~|=)?v?(.*)$/.exec(comparator) ?? [];
  if (text === '' || text === '*') return true;
  const parts = text.replace(/-.*/, '').split('.');
  const wanted = [0, 1, 2].map((i) => Number(parts[i]?.replace(/[xX*]/, '0') ?? 0));
  const have = version.split('.').map(Number);
  const order = compare(have, wanted);
  if (operator === '>=') return order >= 0;
  if (operator === '<=') return order <= 0;
  if (operator === '>') return order > 0;
  if (operator === '<') return order < 0;
  const fixed =
    operator === '^' ? 1 : operator === '~' ? Math.min(2, parts.length) : parts.filter((p) => /\d/.test(p)).length;
  return order >= 0 && have.slice(0, fixed).every((part, i) => part === wanted[i]);
};

const compare = (a: readonly number[], b: readonly number[]): number => {
  const at = b.findIndex((part, i) => part !== a[i]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
};
