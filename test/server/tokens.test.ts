import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createTokenVerifier, issueToken, revokeTokens } from '../../src/server/tokens.js';

const identitiesOf = (file: string) => {
  const tokens = createTokenVerifier(file);
  return async (token: string): Promise<string | undefined> => (await tokens.find(token))?.identity;
};

describe('tokens', () => {
  const folder = mkdtemp(join(tmpdir(), 'slipway-tokens-'));
  after(async () => rm(await folder, { recursive: true }));
  const file = async (): Promise<string> => join(await folder, 'deep', 'tokens.json');

  it('are known by their identity, until they are revoked', async () => {
    const identityOf = identitiesOf(await file());
    assert.equal(await identityOf('slipway_nothing'), undefined);
    const [first, second, other] = [
      await issueToken(await file(), 'author'),
      await issueToken(await file(), 'author'),
      await issueToken(await file(), 'reviewer'),
    ];
    assert.deepEqual(await Promise.all([first, second, other].map((token) => identityOf(token))), [
      'author',
      'author',
      'reviewer',
    ]);
    assert.equal(await revokeTokens(await file(), 'author'), 2);
    assert.deepEqual(await Promise.all([first, second, other].map((token) => identityOf(token))), [
      undefined,
      undefined,
      'reviewer',
    ]);
  });

  it('have 256 random bits, and are stored as hashes that only the owner can read', async () => {
    const token = await issueToken(await file(), 'oncall');
    assert.match(token, /^slipway_[A-Za-z0-9_-]{43}$/);
    assert.ok(!(await readFile(await file(), 'utf8')).includes(token));
    assert.equal((await stat(await file())).mode & 0o777, 0o600);
    const identityOf = identitiesOf(await file());
    for (const near of [token.slice(0, -1), `${token}A`, token.toUpperCase(), ''])
      assert.equal(await identityOf(near), undefined);
  });

  it('are not lost when many are issued at once, also where a killed process left its draft', async () => {
    const at = join(await folder, 'many', 'tokens.json');
    await mkdir(join(await folder, 'many'));
    await writeFile(`${at}.new`, '{"tok');
    await utimes(`${at}.new`, 0, 0);
    const issued = await Promise.all(Array.from({ length: 20 }, (_, index) => issueToken(at, `person-${index}`)));
    const identityOf = identitiesOf(at);
    assert.deepEqual(
      await Promise.all(issued.map((token) => identityOf(token))),
      issued.map((_, index) => `person-${index}`),
    );
  });

  it('file that is damaged lets nobody in', async () => {
    const token = await issueToken(await file(), 'oncall');
    await writeFile(await file(), '{"tokens": [');
    await assert.rejects(createTokenVerifier(await file()).find(token));
  });
});
