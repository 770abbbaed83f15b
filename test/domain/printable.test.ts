import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { printable } from '../../src/domain/printable.js';

const STEERING: Readonly<Record<string, string>> = {
  '\u001b[31mred\u001b[0m': 'red',
  '\u001b[2J\u001b[1;1Hcleared': 'cleared',
  '\u009b31mred': 'red',
  '\u001b]8;;http://elsewhere.invalid\u0007link\u001b]8;;\u0007': 'link',
  '\u001b]0;title\u001b\\text': 'text',
  '\u001b(0lines': 'lines',
  'no\u001b[K end': 'no end',
};

describe('printable', () => {
  it('leaves the text of what steers a terminal', () => {
    for (const [text, left] of Object.entries(STEERING)) assert.equal(printable(text), left, JSON.stringify(text));
  });

  it('leaves no other control and no change of direction, but line breaks and tabs', () => {
    assert.equal(printable('a\rb\u0000c\u0008d\u202ee\u2066f\u0085g\n\th'), 'abcdefg\n\th');
  });

  it('leaves nothing of a sequence that has no end', () => {
    assert.equal(printable('a\u001b]0;for ever'), 'a');
    assert.equal(printable('a\u001b'), 'a');
  });

  it('leaves the characters of every language as they are', () => {
    const text = 'Größe 模型 🛳 é';
    assert.equal(printable(text), text);
  });
});
