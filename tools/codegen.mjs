// Writes what is derived from the contract (JSON Schema of slipway.yaml, OpenAPI, docs/errors.md); with --check it writes
// nothing and fails where a file is another.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, build } from './build.mjs';

const { errors } = await build();
for (const error of errors) console.error(error);
if (errors.length > 0) process.exit(1);
const generator = join(ROOT, 'dist/src/contract/generate.js');
const { status } = spawnSync(process.execPath, [generator, ...process.argv.slice(2)], { cwd: ROOT, stdio: 'inherit' });
process.exitCode = status ?? 1;
