import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createTokenVerifier } from '../../src/server/tokens.js';
import { slipway } from '../supervisor/scene.js';

describe('slipway token, on the files of an API', () => {
  const home = mkdtempSync(join(tmpdir(), 'slipway-token-'));
  after(() => rmSync(home, { recursive: true }));
  mkdirSync(join(home, 'config'));
  const config = join(home, 'config', 'slipway.config.yaml');
  writeFileSync(config, 'version: 1\ninstallation: team\nidentities: [{ name: reviewer, roles: [reviewer] }]\n');
  const run = async (...words: readonly string[]) => {
    const command = slipway(['token', ...words], { SLIPWAY_HOME: home, SLIPWAY_CONFIG: config });
    return { exit: await command.exit, stdout: command.stdout(), stderr: command.stderr() };
  };
  const tokens = createTokenVerifier(join(home, 'tokens.json'));

  it('issues one to an identity, and says it once', async () => {
    const { exit, stdout } = await run('issue', 'reviewer');
    assert.equal(exit, 0);
    assert.equal(await tokens.identityOf(stdout.trim()), 'reviewer');
    assert.ok(!readFileSync(join(home, 'tokens.json'), 'utf8').includes(stdout.trim()));
  });

  it('refuses who is no identity, and names those there are', async () => {
    const { exit, stdout, stderr } = await run('issue', 'reviwer');
    assert.equal(exit, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /reviwer is no identity .*reviewer/);
  });

  it('takes all of an identity away at once', async () => {
    const { stdout: token } = await run('issue', 'reviewer', '--json');
    const { token: text } = JSON.parse(token) as { token: string };
    assert.equal(await tokens.identityOf(text), 'reviewer');
    assert.equal((await run('revoke', 'reviewer')).stdout, 'reviewer: 2 revoked\n');
    assert.equal(await tokens.identityOf(text), undefined);
    assert.equal((await run('revoke', 'reviewer')).exit, 8);
  });
});
