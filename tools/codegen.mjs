// Writes what is derived from the contract (JSON Schema of slipway.yaml, OpenAPI, docs/errors.md, docs/routes.md); with
// --check it writes nothing and fails where a file is another. With --baseline the API as it is becomes the one that later
// ones must not break (test/house/apiChanges.test.ts); where it breaks the one before, only with --breaking.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { breakingChanges } from './apiChanges.mjs';
import { ROOT, build } from './build.mjs';

const words = process.argv.slice(2);
const { errors } = await build();
for (const error of errors) console.error(error);
if (errors.length > 0) process.exit(1);
const generator = join(ROOT, 'dist/src/contract/generate.js');
const { status } = spawnSync(process.execPath, [generator, ...words], { cwd: ROOT, stdio: 'inherit' });
process.exitCode = status ?? 1;
if (process.exitCode === 0 && words.includes('--baseline')) raiseBaseline();

function raiseBaseline() {
  const published = readFileSync(join(ROOT, 'src/contract/generated/openapi.json'), 'utf8');
  const baseline = join(ROOT, 'docs/openapi.baseline.json');
  const broken = breakingChanges(JSON.parse(readFileSync(baseline, 'utf8')), JSON.parse(published));
  for (const line of broken) console.error(line);
  if (broken.length > 0 && !words.includes('--breaking')) process.exitCode = 1;
  else writeFileSync(baseline, published);
}
