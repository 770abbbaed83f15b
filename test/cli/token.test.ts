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
  writeFileSync(
    config,
    'version: 1\ninstallation: team\nidentities: [{ name: reviewer, roles: [reviewer] }, { name: nightly, kind: service }]\n',
  );
  const run = async (...words: readonly string[]) => {
    const command = slipway(['token', ...words], { SLIPWAY_HOME: home, SLIPWAY_CONFIG: config });
    return { exit: await command.exit, stdout: command.stdout(), stderr: command.stderr() };
  };
  const tokens = createTokenVerifier(join(home, 'tokens.json'));
  const identityOf = async (token: string) => (await tokens.find(token))?.identity;

  it('issues one to an identity, and says it once', async () => {
    const { exit, stdout } = await run('issue', 'reviewer');
    assert.equal(exit, 0);
    assert.equal(await identityOf(stdout.trim()), 'reviewer');
    assert.ok(!readFileSync(join(home, 'tokens.json'), 'utf8').includes(stdout.trim()));
  });

  it('refuses who is no identity, and names those there are', async () => {
    const { exit, stdout, stderr } = await run('issue', 'reviwer');
    assert.equal(exit, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /reviwer is no identity .*reviewer/);
  });

  it('lets one expire, that of a service also where nobody says when', async () => {
    const lasts = async (...words: readonly string[]) => {
      const before = Date.now();
      const { stdout } = await run('issue', ...words, '--json');
      const { token, expiresAt } = JSON.parse(stdout) as { token: string; expiresAt?: number };
      assert.equal((await tokens.find(token))?.expiresAt, expiresAt);
      // To the hour: how long the command took does not matter.
      return expiresAt === undefined ? undefined : Math.floor((expiresAt - before) / 3_600_000);
    };
    assert.equal(await lasts('reviewer', '--expires', '2h'), 2);
    assert.equal(await lasts('nightly'), 90 * 24);
    assert.equal(await lasts('nightly', '--expires', '1d'), 24);
    assert.equal(await lasts('reviewer'), undefined);
    const { exit, stderr } = await run('issue', 'reviewer', '--expires', 'soon');
    assert.equal(exit, 2);
    assert.match(stderr, /--expires soon: expected a number with ms, s, m, h, d or w, from 1m to 366d/);
  });

  it('takes all of an identity away at once', async () => {
    await run('revoke', 'reviewer');
    await run('issue', 'reviewer');
    const { stdout: token } = await run('issue', 'reviewer', '--json');
    const { token: text } = JSON.parse(token) as { token: string };
    assert.equal(await identityOf(text), 'reviewer');
    assert.equal((await run('revoke', 'reviewer')).stdout, 'reviewer: 2 revoked\n');
    assert.equal(await identityOf(text), undefined);
    assert.equal((await run('revoke', 'reviewer')).exit, 8);
  });
});
