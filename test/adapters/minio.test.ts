import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createMinioBlobStore, type MinioBlobStore } from '../../src/adapters/minio/blobStore.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { startFaultProxy, type Fault, type FaultProxy } from '../fixtures/faultProxy.js';
import { startMinio, type ObjectStoreServer } from '../servers/objectStores.js';

const MIB = 1024 * 1024;
const bucket = 'faults';
let directory: string;
let server: ObjectStoreServer;
let proxy: FaultProxy;
/** Straight to the server. */
let direct: MinioBlobStore;
/** Through the proxy. */
let store: MinioBlobStore;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-minio-'));
  server = await startMinio({ folder: join(directory, 'data') });
  proxy = await startFaultProxy(server.endpoint);
  direct = createMinioBlobStore({ ...server, bucket });
  await direct.ensureBucket();
});
beforeEach(() => {
  proxy.use(() => undefined);
  // A store of its own for each test: retries that one test used up are gone for its store.
  store = createMinioBlobStore({ ...server, endpoint: proxy.endpoint, bucket });
});
after(async () => {
  await proxy.close();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

let files = 0;
const randomFile = async (
  size: number,
): Promise<{ readonly path: string; readonly digest: Digest; readonly size: number }> => {
  const bytes = randomBytes(size);
  const path = join(directory, `file-${files++}`);
  await writeFile(path, bytes);
  return { path, size, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
};
const always = (wanted: (method: string, url: string) => boolean, fault: Fault): void =>
  proxy.use((method, url) => (wanted(method, url) ? fault : undefined));
const once = (wanted: (method: string, url: string) => boolean, fault: Fault): void => {
  let done = false;
  proxy.use((method, url) => {
    if (done || !wanted(method, url)) return undefined;
    done = true;
    return fault;
  });
};
const puts = (method: string): boolean => method === 'PUT';
const gets = (method: string): boolean => method === 'GET';
const completes = (method: string, url: string): boolean => method === 'POST' && url.includes('uploadId');

describe('bytes that change on their way', () => {
  for (const size of [1000, 20 * MIB]) {
    it(`are sent again once (${size} bytes up)`, async () => {
      const file = await randomFile(size);
      once(puts, { flip: 'request' });
      assert.equal((await store.putBlob({ path: file.path })).digest, file.digest);
      assert.equal((await direct.getBlob(file.digest)).length, size);
    });

    it(`are never stored (${size} bytes up)`, async () => {
      const file = await randomFile(size);
      always(puts, { flip: 'request' });
      await assert.rejects(store.putBlob({ path: file.path }), { code: 'digest_mismatch' });
      assert.equal(await direct.hasBlob(file.digest), undefined);
    });

    it(`are fetched again once, and never loaded (${size} bytes down)`, async () => {
      const file = await randomFile(size);
      await direct.putBlob({ path: file.path });
      once(gets, { flip: 'response' });
      assert.equal((await store.getBlobToFile(file.digest, `${file.path}.out`)).size, size);
      always(gets, { flip: 'response' });
      await assert.rejects(store.getBlobToFile(file.digest, `${file.path}.bad`), { code: 'digest_mismatch' });
      await assert.rejects(store.getBlob(file.digest), { code: 'digest_mismatch' });
      assert.ok(!(await readdir(directory)).some((name) => name.includes('.bad')));
    });
  }

  it('are noticed in documents, too', async () => {
    await direct.putDocument('pointers/one', Buffer.from('{"epoch":1}'));
    always(gets, { flip: 'response' });
    await assert.rejects(store.getDocument('pointers/one'), { code: 'digest_mismatch' });
  });
});

describe('connections that break', () => {
  it('are tried again when a body was cut', async () => {
    const file = await randomFile(3 * MIB);
    await direct.putBlob({ path: file.path });
    once(gets, { cut: 'response' });
    assert.equal((await store.getBlob(file.digest)).length, file.size);
    always(gets, { cut: 'response' });
    await assert.rejects(store.getBlobToFile(file.digest, `${file.path}.cut`), { code: 'store_unreachable' });
    assert.ok(!(await readdir(directory)).some((name) => name.includes('.cut')));
  });

  it('are reconciled when the answer to a completion was lost', async () => {
    const file = await randomFile(20 * MIB);
    once(completes, { cut: 'answer' });
    assert.deepEqual(await store.putBlob({ path: file.path }), { digest: file.digest, size: file.size });
    assert.equal((await direct.getBlob(file.digest)).length, file.size);
  });

  it('are reconciled when the answer to a small write was lost', async () => {
    once(puts, { cut: 'answer' });
    const { digest } = await store.putBlob(randomBytes(10));
    assert.ok(await direct.hasBlob(digest));
    once(puts, { cut: 'answer' });
    assert.deepEqual(await store.createDocument('lost/answer', Buffer.from('same')), { created: false });
  });
});

describe('a store that fails', () => {
  it('is called at most half as often again as without failures', async () => {
    always(() => true, { answer: { status: 503, body: '<Error><Code>SlowDown</Code></Error>' } });
    const before = proxy.requests;
    for (let call = 0; call < 40; call += 1)
      await assert.rejects(store.hasBlob(`sha256:${'0'.repeat(64)}`), { code: 'store_unreachable' });
    assert.ok(proxy.requests - before <= 60, `${proxy.requests - before} requests for 40 calls`);
  });

  it('says when it is full', async () => {
    always(puts, {
      answer: { status: 507, body: '<Error><Code>XMinioStorageFull</Code><Message>full</Message></Error>' },
    });
    await assert.rejects(store.putBlob(randomBytes(10)), { code: 'store_full' });
    const { path } = await randomFile(20 * MIB);
    await assert.rejects(store.putBlob({ path }), { code: 'store_full' });
  });

  it('says when it is not there, has no bucket, or refuses the credentials', async () => {
    const absent = createMinioBlobStore({ ...server, endpoint: 'http://127.0.0.1:1', bucket });
    await assert.rejects(absent.putBlob(randomBytes(10)), { code: 'store_unreachable' });
    await assert.rejects(absent.listDocuments('x'), { code: 'store_unreachable' });
    await assert.rejects(absent.ensureBucket(), { code: 'store_unreachable' });
    const nowhere = createMinioBlobStore({ ...server, bucket: 'no-such-bucket' });
    await assert.rejects(nowhere.getDocument('x'), { code: 'store_unreachable' });
    await assert.rejects(nowhere.putBlob(randomBytes(10)), { code: 'store_unreachable' });
    const stranger = createMinioBlobStore({ ...server, secretKey: 'wrong-secret-key', bucket });
    await assert.rejects(stranger.getDocument('x'), (error: unknown) => {
      assert.ok(error instanceof SlipwayError && error.code === 'store_unreachable');
      assert.match(error.message, /credentials/);
      assert.doesNotMatch(JSON.stringify([error.message, error.details]), /wrong-secret-key/);
      return true;
    });
  });
});

describe('MinIO killed during an upload', () => {
  for (const [name, wanted] of [
    ['at the first part', (method: string, url: string) => method === 'PUT' && url.includes('partNumber=1&')],
    ['at the last part', (method: string, url: string) => method === 'PUT' && url.includes('partNumber=3&')],
    ['at the completion', completes],
  ] as const) {
    it(`${name}: the blob is absent or whole, and the next attempt stores it`, async () => {
      const file = await randomFile(40 * MIB);
      let killed: Promise<void> | undefined;
      proxy.use((method, url) => {
        if (killed === undefined && wanted(method, url)) killed = server.kill9();
        return undefined;
      });
      const ended = await store.putBlob({ path: file.path }).then(
        () => 'stored',
        (error: unknown) => (error as SlipwayError).code,
      );
      assert.ok(killed !== undefined, 'the moment came');
      await killed;
      await server.restart();
      proxy.use(() => undefined);
      const there = await direct.hasBlob(file.digest);
      assert.equal(ended, there === undefined ? 'store_unreachable' : ended);
      if (there !== undefined) assert.equal((await direct.getBlob(file.digest)).length, file.size);
      assert.equal((await store.putBlob({ path: file.path })).digest, file.digest);
      assert.equal((await direct.getBlob(file.digest)).length, file.size);
    });
  }
});

describe('writers of one large file', () => {
  it('all have it in the end, and no upload of theirs is left', async () => {
    const file = await randomFile(40 * MIB);
    const uploads = async (): Promise<readonly string[]> =>
      (await readdir(join(directory, 'data', 'data', '.minio.sys', 'multipart'), { recursive: true })).filter((name) =>
        name.endsWith('xl.meta'),
      );
    const before = await uploads();
    const writers = Array.from({ length: 4 }, () => createMinioBlobStore({ ...server, bucket }));
    const stored = await Promise.all(writers.map((writer) => writer.putBlob({ path: file.path })));
    assert.deepEqual(
      stored.map(({ digest }) => digest),
      writers.map(() => file.digest),
    );
    assert.deepEqual(
      (await uploads()).filter((name) => !before.includes(name)),
      [],
    );
  });
});

describe('a disk that rots', () => {
  it('never makes a damaged blob load', async () => {
    const file = await randomFile(2 * MIB);
    await direct.putBlob({ path: file.path });
    const parts = (await readdir(join(directory, 'data'), { recursive: true })).filter(
      (name) => name.includes(file.digest.slice(7)) && name.endsWith('part.1'),
    );
    assert.equal(parts.length, 1);
    const handle = await open(join(directory, 'data', parts[0]!), 'r+');
    const byte = Buffer.alloc(1);
    await handle.read(byte, 0, 1, MIB);
    byte[0]! ^= 1;
    await handle.write(byte, 0, 1, MIB);
    await handle.close();
    await assert.rejects(direct.getBlob(file.digest), (error: unknown) => error instanceof SlipwayError);
    await assert.rejects(
      direct.getBlobToFile(file.digest, `${file.path}.rotten`),
      (error: unknown) => error instanceof SlipwayError,
    );
    assert.ok(!(await readdir(directory)).some((name) => name.includes('.rotten')));
  });
});

describe('the start-up probe', () => {
  it('leaves nothing behind', async () => {
    await direct.probe();
    assert.deepEqual(await direct.listDocuments('probe/'), []);
  });

  it('refuses a store that lets every write win', async () => {
    const liar = await startForgetfulStore();
    const lied = createMinioBlobStore({ endpoint: liar.endpoint, accessKey: 'a', secretKey: 'b', bucket });
    await assert.rejects(lied.probe(), { code: 'store_unsafe' });
    await liar.close();
  });
});

/** An S3 store that knows nothing of conditions, as some did. */
const startForgetfulStore = async (): Promise<{ readonly endpoint: string; close(): Promise<void> }> => {
  const objects = new Map<string, Buffer>();
  const liar = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const key = request.url ?? '';
      if (request.method === 'PUT') objects.set(key, Buffer.concat(chunks));
      const body = objects.get(key);
      response.writeHead(body === undefined ? 404 : 200).end(request.method === 'GET' ? body : undefined);
    });
  });
  await new Promise<void>((resolve) => liar.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(liar.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        liar.close(() => resolve());
        liar.closeAllConnections();
      }),
  };
};

describe('the inventory of a store', () => {
  it('lists blobs with size and age, and deletes one alone', async () => {
    const kept = await direct.putBlob(randomBytes(10));
    const gone = await direct.putBlob(randomBytes(11));
    await direct.putDocument('releases/m/c/release.json', new Uint8Array([1]));
    const listed = await direct.inventory.listBlobs();
    const found = listed.find(({ digest }) => digest === gone.digest);
    assert.equal(found?.size, 11);
    assert.ok(Math.abs(Date.now() - found.at) < 600_000);
    assert.ok(listed.every(({ digest }) => /^sha256:[0-9a-f]{64}$/.test(digest)));
    await direct.inventory.deleteBlob(gone.digest);
    assert.equal(await direct.hasBlob(gone.digest), undefined);
    assert.ok(await direct.hasBlob(kept.digest));
    assert.equal(await direct.inventory.abortUploadsBefore(0, false), 0);
  });
});
