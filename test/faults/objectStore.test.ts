import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createMinioBlobStore, type MinioBlobStore } from '../../src/adapters/minio/blobStore.js';
import type { BlobRef } from '../../src/domain/artifact/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { eventually } from '../fixtures/eventually.js';
import { startMinio, type ObjectStoreServer } from '../servers/objectStores.js';

const MIB = 1024 * 1024;

describe('1,000 races of 24 writers', () => {
  let server: ObjectStoreServer;
  let stores: readonly MinioBlobStore[];
  before(async () => {
    server = await startMinio();
    // Writers of their own, as processes have: nothing is shared but the server.
    stores = Array.from({ length: 24 }, () => createMinioBlobStore({ ...server, bucket: 'races' }));
    await stores[0]!.ensureBucket();
  });
  after(() => server.stop());

  it('have one winner each, whose words stand', async () => {
    for (let round = 0; round < 1_000; round += 1) {
      const key = `decisions/${randomUUID()}`;
      const bodies = stores.map((_, writer) => Buffer.from(`writer ${writer} of round ${round}`));
      const ended = await Promise.allSettled(stores.map((store, writer) => store.createDocument(key, bodies[writer]!)));
      const winners = bodies.filter((_, writer) => ended[writer]?.status === 'fulfilled');
      assert.equal(winners.length, 1, `round ${round}`);
      assert.deepEqual(Buffer.from((await stores[0]!.getDocument(key))!), winners[0]);
    }
  });
});

const mountSmallDisk = (): string | undefined => {
  const folder = join(tmpdir(), `slipway-small-${randomUUID()}`);
  mkdirSync(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200m', 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    return undefined;
  }
};

const disk = mountSmallDisk();

describe('a store whose disk is full', { skip: disk === undefined && 'needs the right to mount a small disk' }, () => {
  let server: ObjectStoreServer;
  const filler = join(disk ?? '', 'filler');
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'slipway-full-'));
    await writeFile(filler, Buffer.alloc(80 * MIB));
    server = await startMinio({ folder: join(disk!, 'store') });
  });
  after(async () => {
    await server.stop();
    execFileSync('umount', [disk!]);
    await rm(directory, { recursive: true, force: true });
  });

  it('says so, keeps what it took, and takes again when there is room', async () => {
    const store = createMinioBlobStore({ ...server, bucket: 'full' });
    await store.ensureBucket();
    const path = join(directory, 'blob');
    const kept: BlobRef[] = [];
    let refusal: unknown;
    for (let count = 0; refusal === undefined && count < 20; count += 1) {
      await writeFile(path, randomBytes(20 * MIB));
      await store.putBlob({ path }).then(
        (blob) => kept.push(blob),
        (error: unknown) => (refusal = error),
      );
    }
    assert.ok(refusal instanceof SlipwayError && refusal.code === 'store_full', String(refusal));
    for (const { digest, size } of kept) assert.equal((await store.getBlobToFile(digest, path)).size, size);
    await rm(filler);
    await writeFile(path, randomBytes(20 * MIB));
    // The server looks at its disk in its own time.
    await eventually(async () => assert.equal((await store.putBlob({ path })).size, 20 * MIB), 60_000);
  });
});
