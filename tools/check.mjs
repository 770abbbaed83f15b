// Everything that can be said about the code without starting a server, in the order of cost; stops at the first
// failure. `node tools/check.mjs lint types` runs only the steps named.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, build } from './build.mjs';
import { checkContainers } from './containers.mjs';

const SOURCES = ['src', 'workflows', 'activities', 'test', 'bench', 'tools', 'bin'];

/** Each step: a name, and a command of Node or a function that throws. */
const STEPS = [
  ['build', buildAll],
  ['types', ['node_modules/typescript/bin/tsc', '--noEmit']],
  ['lint', ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0']],
  ['formatting', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.']],
  [
    'dependency rules',
    ['node_modules/dependency-cruiser/bin/dependency-cruise.mjs', '--config', '.dependency-cruiser.cjs', ...SOURCES],
  ],
  ['unused code', ['node_modules/knip/bin/knip.js', '--no-config-hints']],
  ['unit tests', ['tools/test.mjs', 'domain', 'house']],
  ['workflow bundle', inspectBundle],
  ['replay', ['tools/test.mjs', 'replay']],
  ['generated files', ['tools/codegen.mjs', '--check']],
  ['containers', checkContainers],
];

async function buildAll() {
  const { errors } = await build();
  if (errors.length > 0) throw new Error(errors.join('\n'));
}

/** The bundle is what workers load: it must be there, and hold no package that has no business in a workflow. */
function inspectBundle() {
  const read = (file) => readFileSync(join(ROOT, 'dist', file), 'utf8');
  const code = read('workflow-bundle.js') + read('workflow-bundle-versioned.js');
  const packages = new Set(
    [...code.matchAll(/\/node_modules\/((?:@[^/"'\s]+\/)?[^/"'\s]+)\//g)].map(([, name]) => name),
  );
  const strangers = [...packages].filter((name) => !name.startsWith('@temporalio/') && !SDK_PARTS.has(name));
  if (strangers.length > 0) throw new Error(`the workflow bundle contains ${strangers.join(', ')}`);
}

/** What the workflow SDK itself brings. */
const SDK_PARTS = new Set(['long', 'ms', 'nexus-rpc']);

function runNode(args) {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => (code === 0 ? resolve() : reject(new Error(signal ?? `exit code ${code}`))));
  });
}

const wanted = process.argv.slice(2);
const steps = STEPS.filter(([name]) => wanted.length === 0 || wanted.some((word) => name.includes(word)));
const began = performance.now();
const seconds = (since) => `${((performance.now() - since) / 1_000).toFixed(1)} s`;
for (const [name, work] of steps) {
  const start = performance.now();
  try {
    await (Array.isArray(work) ? runNode(work) : work());
  } catch (error) {
    console.error(`✖ ${name} (${seconds(start)}): ${error.message}`);
    process.exit(1);
  }
  console.log(`✔ ${name} (${seconds(start)})`);
}
console.log(`checked in ${seconds(began)}`);
