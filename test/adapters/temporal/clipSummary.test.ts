import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { clipSummary } from '../../../src/adapters/temporal/clipSummary.js';

describe('a summary', () => {
  it('is kept as it is where it is short', () => assert.equal(clipSummary('Release of flights'), 'Release of flights'));

  it('is cut between characters', () => {
    assert.equal(clipSummary(`a${'🛳'.repeat(300)}`), `a${'🛳'.repeat(96)}…`);
  });

  it('leads nobody away, whatever a commit says', () => {
    assert.equal(
      clipSummary('[approve](https://evil.example) <b>www.evil.example</b>'),
      '(approve)(https: //evil.example) (b)www evil.example(/b)',
    );
  });

  it('never exceeds what the server documents', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 600 }),
        (text) => Buffer.byteLength(JSON.stringify(clipSummary(text.replaceAll(/["\\\u0000-\u001f]/g, '')))) <= 400,
      ),
    );
  });
});
