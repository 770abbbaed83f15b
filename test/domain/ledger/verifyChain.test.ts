import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Digest } from '../../../src/domain/artifact/types.js';
import { ledgerKey, ledgerPrefix } from '../../../src/domain/ledger/keys.js';
import { verifyChain, type StoredEntry } from '../../../src/domain/ledger/verifyChain.js';

const digest = (seq: number): Digest => `sha256:${String(seq).padStart(64, '0')}`;
const chain = (length: number): readonly StoredEntry[] =>
  Array.from({ length }, (_, index) => ({
    digest: digest(index + 1),
    entry: {
      stream: 'release/m/c',
      seq: index + 1,
      ...(index === 0 ? {} : { previous: digest(index) }),
      entryId: `e${index}`,
    },
  }));

describe('a ledger chain', () => {
  it('verifies as a whole', () => {
    assert.deepEqual(verifyChain('release/m/c', chain(5)), { ok: true, entries: 5, head: digest(5) });
    assert.deepEqual(verifyChain('release/m/c', []), { ok: true, entries: 0 });
  });

  it('begins with an entry that names none before it, unless it is told which one that is', () => {
    const [first, ...rest] = chain(3);
    const follows = { ...first!, entry: { ...first!.entry, previous: digest(9) } };
    assert.equal(verifyChain('release/m/c', [follows, ...rest]).ok, false);
    assert.equal(verifyChain('release/m/c', rest, { seq: 1, digest: digest(1) }).ok, true);
    assert.equal(verifyChain('release/m/c', rest, { seq: 1, digest: digest(9) }).ok, false);
  });

  it('shows every change but a cut tail', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 20 }),
        fc.nat(),
        fc.constantFrom('drop', 'swap', 'edit', 'stream', 'repeat'),
        (length, seed, how) => {
          const entries = [...chain(length)];
          const at = seed % (length - 1);
          const [here, next] = [entries[at]!, entries[at + 1]!];
          if (how === 'drop') entries.splice(at, 1);
          if (how === 'swap') entries.splice(at, 2, next, here);
          if (how === 'edit') entries[at] = { ...here, digest: digest(999) };
          if (how === 'stream') entries[at] = { ...here, entry: { ...here.entry, stream: 'release/m/d' } };
          if (how === 'repeat') entries[at + 1] = { ...next, entry: { ...next.entry, entryId: here.entry.entryId } };
          assert.equal(verifyChain('release/m/c', entries).ok, false);
        },
      ),
    );
  });
});

describe('keys of a ledger', () => {
  it('sort as their numbers do, and never collide between streams', () => {
    assert.ok(ledgerKey('s', 9) < ledgerKey('s', 10));
    assert.equal(ledgerPrefix('./..//x'), 'ledger/%2E/%2E%2E/%00/x/');
    assert.equal(ledgerPrefix('incident/m/production/drift.origin'), 'ledger/incident/m/production/drift.origin/');
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.string({ unit: 'grapheme', minLength: 1 }),
        (a, b) => {
          if (a !== b) assert.notEqual(ledgerKey(a, 1), ledgerKey(b, 1));
          assert.match(ledgerKey(a, 1), /^ledger\/[\x21-\x7e]+\/0000000001\.json$/);
          assert.doesNotMatch(ledgerKey(a, 1), /\/\.{1,2}\//);
        },
      ),
    );
  });
});
