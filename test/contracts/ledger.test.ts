import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { Client } from 'minio';
import { createMinioBlobStore } from '../../src/adapters/minio/blobStore.js';
import { createStoreLedger } from '../../src/adapters/store-ledger/ledger.js';
import { ledgerKey } from '../../src/domain/ledger/keys.js';
import { verifyChain, type StoredEntry } from '../../src/domain/ledger/verifyChain.js';
import type { BlobStore } from '../../src/ports/blobStore.js';
import type { Ledger } from '../../src/ports/ledger.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { createMemoryLedger } from '../fakes/memoryLedger.js';
import { startMinio } from '../servers/objectStores.js';

const server = await startMinio();
after(() => server.stop());
const bucket = createMinioBlobStore({ ...server, bucket: 'slipway-ledger' });
await bucket.ensureBucket();

/** What every Ledger does; `open` gives another writer of the same ledger each time. */
const describeLedger = (name: string, open: () => Ledger, store?: BlobStore): void => {
  describe(`Ledger contract: ${name}`, () => {
    it('keeps what was appended, in order, each entry naming the one before', async () => {
      const ledger = open();
      const first = await ledger.append('release/m/c1', 'start', 'started', 1, { by: 'author' });
      const second = await ledger.append('release/m/c1', 'end', 'ended', 2, { outcome: 'promoted' });
      assert.deepEqual([first.seq, second.seq, first.previous], [1, 2, undefined]);
      assert.match(second.previous ?? '', /^sha256:[0-9a-f]{64}$/);
      assert.deepEqual(await open().read('release/m/c1'), [first, second]);
      assert.deepEqual(await open().read('release/m/nothing'), []);
    });

    it('answers a repeated append with the first entry, from any writer and at any time', async () => {
      const first = await open().append('release/m/c2', 'decision-1', 'decided', 1, { decision: 'approve' });
      assert.deepEqual(
        await open().append('release/m/c2', 'decision-1', 'decided', 99, { decision: 'approve' }),
        first,
      );
      assert.equal((await open().read('release/m/c2')).length, 1);
    });

    it('refuses an entry ID that has another kind or another body, and writes nothing over it', async () => {
      const first = await open().append('release/m/c3', 'decision-1', 'decided', 1, { decision: 'approve', by: ['b'] });
      const taken = { name: 'SlipwayError', code: 'entry_taken', retryable: false };
      for (const [kind, body] of [
        ['decided', { decision: 'reject', by: ['b'] }],
        ['decided', { decision: 'approve', by: ['b', 'c'] }],
        ['decided', { decision: 'approve' }],
        ['said', { decision: 'approve', by: ['b'] }],
      ] as const)
        await assert.rejects(open().append('release/m/c3', 'decision-1', kind, 1, body), taken);
      // Said in another order it is the same.
      const again = { by: ['b'], decision: 'approve', absent: undefined };
      assert.deepEqual(await open().append('release/m/c3', 'decision-1', 'decided', 2, again), first);
      assert.deepEqual(await open().read('release/m/c3'), [first]);
    });

    it('chains the entries of racing writers, each once', async () => {
      const writers = Array.from({ length: 4 }, open);
      await Promise.all(
        writers.flatMap((ledger, writer) =>
          [0, 1, 2].map((entry) => ledger.append('environment/m/production', `w${writer}-${entry}`, 'k', 1, {})),
        ),
      );
      await Promise.all(writers.map((ledger) => ledger.append('environment/m/production', 'same', 'k', 1, {})));
      const entries = await open().read('environment/m/production');
      assert.deepEqual(
        entries.map((entry) => entry.seq),
        Array.from({ length: 13 }, (_, index) => index + 1),
      );
      assert.equal(new Set(entries.map((entry) => entry.entryId)).size, 13);
    });

    it('keeps streams apart whose names begin alike', async () => {
      const ledger = open();
      await ledger.append('a/b', '1', 'k', 1, {});
      await ledger.append('a', '2', 'k', 1, {});
      await ledger.append('a b/ü', '3', 'k', 1, {});
      assert.deepEqual(
        (await ledger.read('a')).map((entry) => entry.entryId),
        ['2'],
      );
      assert.deepEqual(
        (await ledger.read('a b/ü')).map((entry) => entry.entryId),
        ['3'],
      );
    });

    if (store !== undefined) {
      it('verifies from its stored bytes, and shows an entry that was changed', async () => {
        const stream = 'environment/m/production';
        const chain: StoredEntry[] = [];
        for (let seq = 1; seq <= 13; seq += 1) {
          const body = (await store.getDocument(ledgerKey(stream, seq)))!;
          chain.push({
            entry: JSON.parse(Buffer.from(body).toString()) as StoredEntry['entry'],
            digest: digestOf(body),
          });
        }
        assert.equal(verifyChain(stream, chain).ok, true);
        const forged = Buffer.from(
          Buffer.from((await store.getDocument(ledgerKey(stream, 5)))!)
            .toString()
            .replace('"kind":"k"', '"kind":"x"'),
        );
        chain[4] = { entry: JSON.parse(forged.toString()) as StoredEntry['entry'], digest: digestOf(forged) };
        const verdict = verifyChain(stream, chain);
        assert.ok(!verdict.ok && verdict.seq === 6, JSON.stringify(verdict));
      });
    }
  });
};

const digestOf = (body: Uint8Array): `sha256:${string}` => `sha256:${createHash('sha256').update(body).digest('hex')}`;

const memory = createMemoryLedger();
describeLedger('memory', () => memory);
const memoryBucket = createMemoryBlobStore();
describeLedger('store in memory', () => createStoreLedger(memoryBucket), memoryBucket);
describeLedger('store on MinIO', () => createStoreLedger(bucket), bucket);

describe('the bucket of a ledger with retention', () => {
  it('takes entries, and lets nobody delete one or write over it', async () => {
    const locked = createMinioBlobStore({ ...server, bucket: 'slipway-locked' });
    await locked.ensureBucket({ mode: 'compliance', days: 1 });
    assert.deepEqual(await locked.lockedFor(), { mode: 'compliance', days: 1 });
    assert.equal(await bucket.lockedFor(), undefined);
    const ledger = createStoreLedger(locked);
    await ledger.append('release/m/c', 'started', 'k', 1, {});
    assert.equal((await ledger.append('release/m/c', 'ended', 'k', 2, {})).seq, 2);
    const { hostname, port } = new URL(server.endpoint);
    const root = new Client({ ...server, endPoint: hostname, port: Number(port), useSSL: false });
    const key = ledgerKey('release/m/c', 1);
    const { versionId } = await root.statObject('slipway-locked', key);
    assert.ok(versionId);
    await assert.rejects(root.removeObject('slipway-locked', key, { versionId, governanceBypass: true }));
    assert.equal((await ledger.read('release/m/c')).length, 2);
  });
});
