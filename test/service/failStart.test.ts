import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ERRORS } from '../../src/domain/errors/table.js';

const folder = mkdtempSync(join(tmpdir(), 'slipway-start-'));
after(() => rmSync(folder, { recursive: true }));

const start = (entry: string) =>
  spawnSync(process.execPath, [fileURLToPath(new URL(`../../src/${entry}.js`, import.meta.url))], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder },
    encoding: 'utf8',
  });

describe('a process that is started without its configuration', () => {
  for (const [entry, name] of [
    ['server', 'api'],
    ['worker', 'worker'],
    ['signer', 'signer'],
    ['serving-node', 'serving-node'],
  ] as const) {
    it(`ends with one line that says what is missing and what to do: ${entry}`, () => {
      const { status, stderr } = start(entry);
      const lines = stderr.trim().split('\n');
      assert.equal(lines.length, 1, stderr);
      const said = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
      assert.deepEqual(
        [said['process'], said['code'], said['action'], 'stack' in said, status],
        [name, 'config_invalid', ERRORS.config_invalid.action, false, ERRORS.config_invalid.exit],
      );
    });
  }

  it('says it in words where its serving node reads the last line: model-server', () => {
    const { status, stderr } = start('model-server');
    assert.deepEqual([status, stderr], [1, 'SLIPWAY_MODEL is not set\n']);
  });
});
