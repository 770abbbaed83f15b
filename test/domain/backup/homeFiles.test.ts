import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { homeFileKind, isLeftFolder, PRIVATE_FILES } from '../../../src/domain/backup/homeFiles.js';

describe('a file of a home', () => {
  const KINDS: readonly (readonly [string, string])[] = [
    ['slipway.config.yaml', 'kept'],
    ['tokens.json', 'kept'],
    ['keys/public.json', 'kept'],
    ['keys/public/decision.jwks', 'kept'],
    ['serving/production/state/flight-delay.json', 'kept'],
    ['keys/signer/builder.pem', 'private'],
    ['keys/decision/private.jwk', 'private'],
    ['keys/store.json', 'left'],
    ['keys/links/key', 'left'],
    ['credentials/author', 'left'],
    // The signer would refuse a ledger that is older than this.
    ['keys/signer/checkpoint.json', 'left'],
    ['temporal.sqlite', 'left'],
    ['dev.json', 'left'],
    ['keys/signer/builder.pem.0b1f', 'left'],
    ['serving/production/state/flight-delay.json.partial', 'left'],
    ['serving/../state/x.json', 'left'],
    ['serving/production/state/../../../../x.json', 'left'],
    ['/etc/passwd', 'left'],
    ['../slipway.config.yaml', 'left'],
    ['keys/public.json\n', 'left'],
    ['', 'left'],
  ];
  for (const [path, kind] of KINDS)
    it(`${JSON.stringify(path)} is ${kind}`, () => assert.equal(homeFileKind(path), kind));

  it('that is private is known by name to who restores', () => {
    for (const path of PRIVATE_FILES) assert.equal(homeFileKind(path), 'private');
  });

  it('is not looked for where there are only large or short-lived ones', () => {
    assert.deepEqual(
      ['objects', 'logs', 'serving/production/artifacts', 'keys', 'serving', 'serving/production/state'].map(
        isLeftFolder,
      ),
      [true, true, true, false, false, false],
    );
  });
});
