import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { createMinioBlobStore } from '../../src/adapters/minio/blobStore.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';

/** As a stopped process: connections are taken, and nothing is ever said. */
const sockets = new Set<Socket>();
const silent = createServer((socket) => void sockets.add(socket));
await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
after(() => {
  for (const socket of sockets) socket.destroy();
  silent.close();
});

const keys = { endpoint, bucket: 'slipway', accessKey: 'key', secretKey: 'secret' };
const digest = `sha256:${'a'.repeat(64)}` as const;

test(
  'a store that hangs is named with its address while somebody still waits for the answer',
  { timeout: 10_000 },
  async () => {
    const store = createMinioBlobStore({ ...keys, answerWithinMs: 200 });
    for (const [what, ask] of [
      ['a document', () => store.getDocument('pointers/engine.json')],
      ['a list', () => store.listDocuments('models/')],
      ['a blob', () => store.getBlob(digest)],
      ['a write', () => store.putDocument('a', new Uint8Array(1))],
    ] as const)
      await assert.rejects(
        ask,
        (error: unknown) =>
          error instanceof SlipwayError &&
          error.code === 'store_unreachable' &&
          error.message.includes(`no answer from the store at ${endpoint} (silent for 0.2 s)`),
        what,
      );
  },
);
