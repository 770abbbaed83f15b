import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plainText } from '../../../src/domain/markdown/plainText.js';

const DIGEST = `sha256:${'0123456789ab'.padEnd(64, 'c')}`;

describe('text from outside in Markdown', () => {
  const rows: readonly (readonly [what: string, given: string, shown: string])[] = [
    ['comparisons stay readable', 'brier 0.1 <= 0.2, auc >= 0.6, <b>', 'brier 0.1 ≤ 0.2, auc ≥ 0.6, ‹b›'],
    ['marks do nothing', 'a_b *c* [x](y) | `z`', String.raw`a\_b \*c\* \[x\]\(y\) \| \`z\``],
    [
      'addresses are no links',
      'see https://evil.example www.evil.example',
      String.raw`see https\://evil.example www\.evil.example`,
    ],
    ['digests are short', `stored as ${DIGEST}`, 'stored as sha256:0123456789ab…'],
    ['long words can break', 'x'.repeat(40), `${'x'.repeat(32)}\u200b${'x'.repeat(8)}`],
    ['lines become one', 'one\n\u2028two', 'one two'],
  ];
  for (const [what, given, shown] of rows) it(what, () => assert.equal(plainText(given), shown));

  it('is never cut inside an escape', () => {
    assert.ok(plainText('|'.repeat(1000)).endsWith(String.raw`\|…`));
  });
});
