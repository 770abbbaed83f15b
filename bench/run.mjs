// `npm run bench [-- steps skip store transfer serving grpc switching gates parked] [--rounds 9]`: the rows of docs/benchmarks.md, measured on this machine,
// against peers in the same sitting. Prints a table, and keeps it under .slipway/bench/. Nothing here passes or fails: a
// time is no test.
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build, ROOT } from '../tools/build.mjs';
import { printTable } from './measure.mjs';

const { errors } = await build();
if (errors.length > 0) {
  console.error(errors.join('\n'));
  process.exit(1);
}
const COMPARISONS = {
  steps: async () => (await import('./steps/compare.mjs')).compareSteps({ rounds }),
  skip: async () => (await import('./skip/compare.mjs')).compareSkip({ rounds }),
  store: async () => (await import('./store/compare.mjs')).compareStore({ rounds }),
  transfer: async () => (await import('./transfer/compare.mjs')).compareTransfer({ rounds }),
  serving: async () => (await import('./serving/compare.mjs')).compareServing({ rounds }),
  grpc: async () => (await import('./serving/compareGrpc.mjs')).compareGrpc({ rounds }),
  switching: async () => (await import('./switching/compare.mjs')).compareSwitching({ rounds }),
  gates: async () => (await import('./gates/compare.mjs')).compareGates({ rounds }),
  parked: async () => (await import('./parked/compare.mjs')).compareParked({ rounds }),
};
const { values, positionals: wanted } = parseArgs({
  options: { rounds: { type: 'string', default: '9' } },
  allowPositionals: true,
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error('--rounds is a whole number, 1 or more');
  process.exit(2);
}
const unknown = wanted.filter((name) => !(name in COMPARISONS));
if (unknown.length > 0) {
  console.error(`no comparison is called ${unknown.join(' or ')}; there are ${Object.keys(COMPARISONS).join(', ')}`);
  process.exit(2);
}

const rows = [];
const notes = [];
for (const name of wanted.length > 0 ? wanted : Object.keys(COMPARISONS)) {
  console.error(`bench: ${name}`);
  const found = await COMPARISONS[name]();
  rows.push(...(found.rows ?? found));
  if (found.notes !== undefined) notes.push(found.notes, '');
}
const [cpu] = cpus();
const text = [
  `Node ${process.versions.node}, ${cpus().length} x ${cpu?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${new Date().toISOString().slice(0, 10)}.`,
  '',
  'Both sides use the development server of Temporal with the settings of `slipway dev`: SQLite in a file with',
  'write-ahead log and `synchronous=NORMAL`, task and timer poll rates of 1000 per second. Other machines give other',
  'times; the ratio of one sitting is what can be compared.',
  '',
  printTable(rows),
  '',
  ...notes,
].join('\n');
const folder = join(ROOT, '.slipway/bench');
await mkdir(folder, { recursive: true });
const file = join(folder, `${new Date().toISOString().replaceAll(':', '-').slice(0, 19)}.md`);
await writeFile(file, text);
console.log(text);
console.error(`bench: kept in ${file}`);
