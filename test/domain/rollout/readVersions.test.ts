import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAddress } from '../../../src/domain/rollout/readVersions.js';

describe('where a platform says that callers ask', () => {
  it('is an address that a path can be put behind', () => {
    for (const address of ['http://127.0.0.1:7703', 'https://models.example.org/a/b', 'http://[::1]:8080'])
      assert.equal(isAddress(address), true, address);
    for (const other of [
      ...['http://169.254.169.254/latest/meta-data/#', 'http://internal/?x=', 'http://user:secret@internal'],
      ...['http://internal\\@elsewhere', 'file:///etc/passwd', 'http://a b', 'http://a\u001b[2J', '', undefined],
    ])
      assert.equal(isAddress(other), false, String(other));
  });
});
