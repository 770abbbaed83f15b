/**
 * Writes what is derived from the contract: JSON Schema of slipway.yaml, OpenAPI,
 * docs/errors.md. With --check it writes nothing, and fails where a file on disk is another.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from './generated.js';

const root = new URL('../../../', import.meta.url);
const check = process.argv.includes('--check');
const stale: string[] = [];
for (const [path, content] of Object.entries(generatedFiles())) {
  const file = fileURLToPath(new URL(path, root));
  if (read(file) === content) continue;
  if (check) stale.push(path);
  else writeFileSync(file, content);
}
if (stale.length > 0) {
  process.stderr.write(
    `generated files are stale: ${stale.join(', ')}; run node tools/build.mjs && node dist/src/contract/generate.js\n`,
  );
  process.exitCode = 1;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
