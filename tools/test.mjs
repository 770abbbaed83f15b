// Runs the tests from dist/: `node tools/test.mjs [group | file | part of a path]... [--name=<pattern>]`.
// Without arguments: every group of `npm test`. Ends with what failed, told again, and one line,
// `<n> passed, <m> failed`.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, build } from './build.mjs';

const LIGHT = { concurrency: 2, fileTimeoutMs: 180_000 };
/** They start servers or whole products and mostly wait for them: two files share the machine. None takes three minutes. */
const WAITING = { concurrency: 2, fileTimeoutMs: 600_000 };
/** The server that skips time loses its way on a busy machine: one file at a time. */
const SKIPPING = { concurrency: 1, fileTimeoutMs: 300_000 };
/** Products that are killed a hundred times; thousands of simulated comparisons in one file. */
const LONG = { concurrency: 2, fileTimeoutMs: 900_000 };
/** A million requests. */
const ENDLESS = { concurrency: 1, fileTimeoutMs: 3_600_000 };
/** Order of a run. A group is a folder of test/; one that is not listed comes last, among those that wait. */
const GROUPS = {
  domain: LIGHT,
  contract: LIGHT,
  config: LIGHT,
  adapters: LIGHT,
  activities: LIGHT,
  server: LIGHT,
  cli: LIGHT,
  replay: LIGHT,
  signer: LIGHT,
  transport: LIGHT,
  worker: LIGHT,
  workflows: SKIPPING,
  e2e: WAITING,
  webui: WAITING,
  serving: WAITING,
  journeys: WAITING,
  faults: LONG,
  security: LONG,
  calibration: LONG,
  peers: LONG,
  clients: LONG,
  kubernetes: LONG,
  fuzz: ENDLESS,
  demo: LONG,
};
/** Too long for every run: `npm test -- journeys faults security calibration demo peers clients kubernetes fuzz`. Every other folder of test/ that holds tests is part of a run. */
const ON_REQUEST = ['journeys', 'faults', 'security', 'calibration', 'demo', 'peers', 'clients', 'kubernetes', 'fuzz'];
/** Folders of test/ that hold what tests share. */
const NO_GROUPS = ['fakes', 'fixtures', 'servers'];

/**
 * @param {string[]} args groups, files, parts of paths, `--name=<pattern>`
 * @returns {Promise<{passed: number, failed: number, skipped: number, failures: string[]}>} `failures`: a text for each file that failed
 */
export async function runTests(args) {
  const pattern = args.find((arg) => arg.startsWith('--name='))?.slice('--name='.length);
  const wanted = args.filter((arg) => !arg.startsWith('--'));
  const totals = { passed: 0, failed: 0, skipped: 0 };
  const failures = [];
  for (const { names, limits, files } of runsOf(selectFiles(wanted))) {
    console.log(`\n${names.join(', ')}`);
    const counts = await runGroup(limits, files, pattern);
    for (const key of Object.keys(totals)) totals[key] += counts[key];
    failures.push(...counts.failures);
  }
  return { ...totals, failures };
}

/** One run of Node's runner for neighbours of the same limits: the last file of one does not wait alone. */
function runsOf(selected) {
  const runs = [];
  for (const { group, files } of selected) {
    const limits = GROUPS[group] ?? WAITING;
    const before = runs.at(-1);
    if (limits === before?.limits) {
      before.names.push(group);
      before.files.push(...files);
    } else runs.push({ names: [group], limits, files: [...files] });
  }
  return runs;
}

function selectFiles(wanted) {
  const groups = [...new Set([...Object.keys(GROUPS), ...foldersOf(join(ROOT, 'dist/test'))])].filter(
    (group) => !NO_GROUPS.includes(group),
  );
  const all = groups.map((group) => ({ group, files: testFilesOf(group) }));
  if (wanted.length === 0) {
    const due = all.filter(({ group }) => !ON_REQUEST.includes(group));
    for (const { group, files } of due) if (files.length === 0) console.log(`${group}: no test files`);
    return due.filter(({ files }) => files.length > 0);
  }
  const matches = (group, file, word) =>
    groups.includes(word) ? group === word : file.includes(word.replace(/^\.?\//, '').replace(/\.ts$/, '.js'));
  const unmatched = wanted.filter(
    (word) => !all.some(({ group, files }) => files.some((file) => matches(group, file, word))),
  );
  if (unmatched.length > 0) throw new Error(`no test file for: ${unmatched.join(', ')} (groups: ${groups.join(', ')})`);
  return all
    .map(({ group, files }) => ({
      group,
      files: files.filter((file) => wanted.some((word) => matches(group, file, word))),
    }))
    .filter(({ files }) => files.length > 0);
}

function foldersOf(path) {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true }).flatMap((item) => (item.isDirectory() ? [item.name] : []));
}

function testFilesOf(group) {
  const folder = join(ROOT, 'dist/test', group);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => `dist/test/${group}/${name}`)
    .sort();
}

async function runGroup({ concurrency, fileTimeoutMs }, files, pattern) {
  const scratch = mkdtempSync(join(tmpdir(), 'slipway-counts-'));
  const countsFile = join(scratch, 'counts.jsonl');
  try {
    const code = await runNode(
      [
        '--enable-source-maps',
        '--test',
        `--test-concurrency=${concurrency}`,
        `--test-timeout=${fileTimeoutMs}`,
        `--test-reporter=${join(ROOT, 'tools/testReporter.mjs')}`,
        '--test-reporter-destination=stdout',
        ...(pattern === undefined ? [] : [`--test-name-pattern=${pattern}`]),
        ...files,
      ],
      { ...process.env, SLIPWAY_TEST_COUNTS: countsFile },
    );
    const counts = existsSync(countsFile)
      ? JSON.parse(readFileSync(countsFile, 'utf8'))
      : { passed: 0, failed: 1, skipped: 0, empty: 0, failures: [] };
    // a name pattern leaves files without a match empty; without one, an empty file is a mistake
    if (pattern === undefined) counts.failed += counts.empty;
    if (code !== 0 && counts.failed === 0) counts.failed = 1;
    return counts;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function runNode(args, env) {
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'inherit', 'inherit'] });
  const forward = (signal) => child.kill(signal);
  process.on('SIGINT', forward).on('SIGTERM', forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      process.off('SIGINT', forward).off('SIGTERM', forward);
      if (signal !== null) reject(new Error(`the test runner was ended by ${signal}`));
      else resolve(code);
    });
  });
}

async function main() {
  const { errors } = await build();
  for (const error of errors) console.error(error);
  if (errors.length > 0) throw new Error(`the build failed (${errors.length})`);
  const { passed, failed, skipped, failures } = await runTests(process.argv.slice(2));
  if (failures.length > 0) console.log(`\nfailed:\n${failures.join('')}`);
  if (skipped > 0) console.log(`\n(${skipped} skipped)`);
  if (passed + failed === 0) console.error('no test ran');
  console.log(`\n${passed} passed, ${failed} failed`);
  if (failed > 0 || passed === 0) process.exitCode = 1;
}

if (process.argv[1] === join(ROOT, 'tools/test.mjs')) {
  main().catch((error) => {
    console.error(error.message);
    console.log('\n0 passed, 1 failed');
    process.exitCode = 1;
  });
}
