import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readVariables } from '../../src/config/variables.js';

const folder = mkdtempSync(join(tmpdir(), 'slipway-secrets-'));
after(() => rmSync(folder, { recursive: true }));
const fileWith = (content: string): string => {
  const path = join(folder, `file-${content.length}`);
  writeFileSync(path, content);
  return path;
};

describe('credentials of the store', () => {
  it('may be in files, whose last line may end', () => {
    const variables = readVariables({
      SLIPWAY_STORE_ACCESS_KEY_FILE: fileWith('access\n'),
      SLIPWAY_STORE_SECRET_KEY: 'plain',
    });
    assert.deepEqual(variables, { SLIPWAY_STORE_ACCESS_KEY: 'access', SLIPWAY_STORE_SECRET_KEY: 'plain' });
  });

  for (const [what, environment, message] of [
    ['both', { SLIPWAY_STORE_SECRET_KEY: 'secret', SLIPWAY_STORE_SECRET_KEY_FILE: fileWith('secret') }, /both set/],
    ['an empty file', { SLIPWAY_STORE_SECRET_KEY_FILE: fileWith('\n') }, /is empty/],
    ['no file', { SLIPWAY_STORE_SECRET_KEY_FILE: join(folder, 'none') }, /cannot be read/],
  ] as const)
    it(`are refused with ${what}, without saying them`, () => {
      assert.throws(
        () => readVariables(environment),
        (error: Error & { code?: string }) =>
          error.code === 'config_invalid' && message.test(error.message) && !error.message.includes(' secret'),
      );
    });
});
