import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { clip } from '../../src/domain/clip.js';
import { clipDetails } from '../../src/domain/errors/clipDetails.js';

describe('text of others', () => {
  it('is kept where it is short, and cut between characters where it is not', () => {
    assert.equal(clip('short', 5), 'short');
    assert.equal(clip('a long name', 6), 'a lon…');
    assert.equal(clip('ab\u{1F6A2}c', 4), 'ab…');
  });

  it('never gets longer than asked', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', '\u{1F6A2}', '\u0301')),
        fc.integer({ min: 1, max: 20 }),
        (parts, most) => {
          assert.ok(clip(parts.join(''), most).length <= most);
        },
      ),
    );
  });
});

describe('details of an error', () => {
  it('are the same where they are few, and are few in the end whatever they were', () => {
    const few = { missing: ['a'], at: { line: 1 } };
    assert.equal(clipDetails(few), few);
    const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`key ${at}`, 'v'.repeat(2_000)]));
    for (const many of [wide, { wide }, { list: Object.values(wide) }, { deep: [[[[[[wide]]]]]] }])
      assert.ok(JSON.stringify(clipDetails(many)).length <= 65_536);
  });
});
