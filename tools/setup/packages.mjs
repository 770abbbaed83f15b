import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withLock } from '../lock.mjs';
import { say, step } from './progress.mjs';
import { run } from './run.mjs';

const INSTALL_TIMEOUT_MS = 20 * 60_000;
/** Packages with native code: npm leaves out their platform part in silence when it cannot be had. */
const NATIVE = ['esbuild', '@swc/core', '@duckdb/node-api', 'onnxruntime-node', '@temporalio/core-bridge'];

/**
 * Makes node_modules what the lock file says. Does nothing when it is already. An install that was cut off leaves a
 * mark; then the folder is built anew, because npm takes a half-written package for a whole one.
 *
 * @param {string} root
 * @param {string[]} [natives] packages that are loaded once after an installation
 * @returns {Promise<boolean>} whether something was installed
 */
export async function installPackages(root, natives = NATIVE) {
  const mark = join(root, 'node_modules/.slipway-installing');
  if (!existsSync(mark) && mismatch(root) === undefined) return false;
  const lock = join(root, '.build/install.lock');
  return withLock(
    lock,
    () => install(root, mark, natives),
    ({ pid }) => say(`waiting for the installation of process ${pid}`),
  );
}

async function install(root, mark, natives) {
  if (existsSync(mark)) {
    say('an installation was cut off: installing the packages anew');
    rmSync(join(root, 'node_modules'), { recursive: true, force: true });
  }
  if (mismatch(root) === undefined) return false;
  mkdirSync(dirname(mark), { recursive: true });
  writeFileSync(mark, '');
  await step('npm packages of the lock file', async (note) => {
    note('npm install');
    await npmInstall(root);
    note('trying the native ones');
    await tryNatives(root, natives);
  });
  rmSync(mark, { force: true });
  return true;
}

/**
 * `npm install`, not `npm ci`: npm 11.6 and later refuse with `ci` a lock without download addresses. Install scripts
 * are not run: none of our packages needs one (tried after every installation), and one would download more.
 */
async function npmInstall(root) {
  const lockPath = join(root, 'package-lock.json');
  const before = readFileSync(lockPath);
  const { command, args } = npm();
  const flags = ['install', '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  const result = await run(command, [...args, ...flags, '--no-progress', '--loglevel=error'], {
    cwd: root,
    timeoutMs: INSTALL_TIMEOUT_MS,
  });
  const after = readFileSync(lockPath);
  if (!after.equals(before)) {
    writeFileSync(lockPath, before); // versions of npm differ in what they write
    say('this npm writes the lock file in another way: it was left as it is');
  }
  if (!result.ok) {
    throw new Error(
      `npm install failed:\n${result.output}\nCheck the network and npm's registry settings, and repeat.`,
    );
  }
  const difference = mismatch(root);
  if (difference === undefined) return;
  throw new Error(
    `package.json and package-lock.json do not agree (${difference}): run \`npm install\` and commit the lock file`,
  );
}

/** The npm that runs us, else the one on PATH. */
function npm() {
  const running = process.env.npm_execpath;
  if (running?.endsWith('npm-cli.js')) return { command: process.execPath, args: [running] };
  return { command: 'npm', args: [] };
}

async function tryNatives(root, natives) {
  const script = natives.map((name) => `await import(${JSON.stringify(name)});`).join('');
  const result = await run(process.execPath, ['--input-type=module', '--eval', script], { cwd: root });
  if (result.ok) return;
  throw new Error(
    `a native package does not load:\n${result.output}\nDelete node_modules and repeat, with the network up.`,
  );
}

/** First difference between the lock file and what npm says it installed, as text; undefined when there is none. */
function mismatch(root) {
  const hidden = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(hidden)) return 'nothing is installed';
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const installed = packagesOf(hidden);
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const have = installed[path];
    if (have === undefined && !entry.optional) return `${path} is missing`;
    if (have !== undefined && have.integrity !== entry.integrity) return `${path} is another version`;
    if (have !== undefined && !existsSync(join(root, path))) return `${path} was removed`;
  }
  const extra = Object.keys(installed).find((path) => wanted[path] === undefined);
  return extra === undefined ? rootMismatch(root, wanted['']) : `${extra} is not in the lock file`;
}

/** The lock file repeats the ranges of package.json. */
function rootMismatch(root, locked) {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const kind of ['dependencies', 'devDependencies']) {
    const names = new Set([...Object.keys(manifest[kind] ?? {}), ...Object.keys(locked[kind] ?? {})]);
    for (const name of names) {
      if (manifest[kind]?.[name] !== locked[kind]?.[name]) return `${name} differs in package.json`;
    }
  }
  return undefined;
}

function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages ?? {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
