/** Backups of a home and of the two buckets of a real store, into a folder and back into empty ones. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createMinioBlobStore } from '../../src/adapters/minio/blobStore.js';
import { createStoreLedger } from '../../src/adapters/store-ledger/ledger.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { ledgerKey } from '../../src/domain/ledger/keys.js';
import { openBackups } from '../../src/offline/backup/backups.js';
import type { StoreAccess } from '../../src/offline/storeAccess.js';
import { createCheckpoints } from '../../src/signer/checkpoints.js';
import { loadKeys } from '../../src/signer/keys.js';
import { startFaultProxy } from '../fixtures/faultProxy.js';
import { startMinio } from '../servers/objectStores.js';

const folder = mkdtempSync(join(tmpdir(), 'slipway-backup-'));
const server = await startMinio();
const proxy = await startFaultProxy(server.endpoint);
after(async () => {
  await proxy.close();
  await server.stop();
  rmSync(folder, { recursive: true });
});

const refusal =
  (code: string, said = /./) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof SlipwayError, String(error));
    assert.deepEqual([error.code, said.test(error.message)], [code, true], error.message);
    return true;
  };
const CONFIG = 'version: 1\ninstallation: test\nstore: { ledgerRetention: { mode: governance, days: 3 } }\n';
const STREAM = 'release/ferry/c1';

let scenes = 0;
const openScene = async () => {
  const name = `backup-${(scenes += 1)}`;
  const home = join(folder, name, 'home');
  const backup = join(folder, name, 'backup');
  const put = (path: string, text: string, mode = 0o600): void => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text, { mode });
  };
  put('slipway.config.yaml', CONFIG, 0o640);
  put('tokens.json', '{"version":1,"tokens":[]}');
  put('serving/production/state/ferry.json', '{"fence":{"epoch":3,"seq":1}}');
  put('serving/production/artifacts/model.onnx', 'cached');
  put('keys/decision/private.jwk', '{"d":"secret"}', 0o400);
  put('keys/store.json', '{"secretKey":"secret"}');
  const access: StoreAccess = { ...server, bucket: name, ledgerBucket: `${name}-ledger` };
  const bucketOf = (bucket: string) => createMinioBlobStore({ ...access, bucket });
  const [store, ledger] = [bucketOf(access.bucket), bucketOf(access.ledgerBucket)];
  await Promise.all([store.ensureBucket(), ledger.ensureBucket()]);
  const keys = await loadKeys(join(home, 'keys', 'signer'));
  const checkpoints = createCheckpoints(ledger, keys.ledger, join(home, 'keys', 'signer', 'checkpoint.json'));
  const publicKey = { keyid: keys.ledger.keyid, role: 'ledger', jwk: keys.ledger.publicKey.export({ format: 'jwk' }) };
  await ledger.putDocument(`keys/${publicKey.keyid}.json`, new TextEncoder().encode(JSON.stringify(publicKey)));
  const chain = createStoreLedger(ledger, (streams) => checkpoints.cover(streams));
  const tell = async (entryId: string): Promise<void> => {
    await chain.append(STREAM, entryId, 'stage.build', 1, { entryId });
    assert.equal(await chain.checkpoint([STREAM]), undefined);
  };
  await tell('one');
  await tell('two');
  const { digest } = await store.putBlob(randomBytes(20 * 1024 * 1024));
  await store.putBlob(new TextEncoder().encode('small'));
  await store.putDocument('pointers/engine.json', new TextEncoder().encode('{"identity":"a"}'), 'application/json');
  await store.putDocument('releases/ferry/c1/report.html', new TextEncoder().encode('<p>'), 'text/html');
  const target: StoreAccess = { ...server, bucket: `${name}-new`, ledgerBucket: `${name}-new-ledger` };
  const newHome = join(folder, name, 'new-home');
  const open = (at: string, from: StoreAccess, into: StoreAccess) =>
    openBackups({
      home: at,
      access: () => from,
      target: async () => ({ access: into, stop: async () => undefined }),
      retention: (config) => ({ mode: 'governance', days: config === CONFIG ? 3 : 365 }),
      say: () => undefined,
    });
  const options = { privateKeys: false, homeOnly: false };
  return {
    ...{ home, backup, newHome, store, ledger, target, tell, digest, bucketOf },
    take: (more: Partial<typeof options> = {}) => open(home, access, target).take(backup, { ...options, ...more }),
    takeThroughProxy: () => open(home, { ...access, endpoint: proxy.endpoint }, target).take(backup, options),
    verify: (number?: number) => open(home, access, target).verify(backup, number === undefined ? {} : { number }),
    restore: (number?: number) => open(newHome, access, target).restore(backup, number === undefined ? {} : { number }),
    seals: () => readdirSync(join(backup, 'backups')),
    blob: (one = digest) => join(backup, 'blobs', 'sha256', one.slice(7)),
  };
};

/** Everything below a folder, with modes. */
const filesBelow = (directory: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((item) => item.isFile())
      .map((item) => {
        const path = join(item.parentPath, item.name);
        return [path.slice(directory.length + 1), (statSync(path).mode & 0o777).toString(8)];
      }),
  );

describe('a backup', () => {
  it('brings buckets and home back as they were, verified, with the lock that was asked for', async () => {
    const scene = await openScene();
    const taken = await scene.take();
    assert.deepEqual([taken.number, taken.objects, taken.files, taken.privateKeys], [1, 9, 3, false]);
    assert.equal(taken.copiedObjects, 9);
    const restored = await scene.restore();
    assert.deepEqual(filesBelow(scene.newHome), {
      'slipway.config.yaml': '640',
      'tokens.json': '600',
      'serving/production/state/ferry.json': '600',
    });
    assert.deepEqual(restored.missing, [
      'keys/signer/builder.pem',
      'keys/signer/ledger.pem',
      'keys/signer/model.pem',
      'keys/decision/private.jwk',
    ]);
    for (const [from, to] of [
      [scene.store, scene.bucketOf(scene.target.bucket)],
      [scene.ledger, scene.bucketOf(scene.target.ledgerBucket)],
    ] as const) {
      const keys = await from.listDocuments('');
      assert.deepEqual(await to.listDocuments(''), keys);
      for (const key of keys) assert.deepEqual(await to.getDocument(key), await from.getDocument(key), key);
    }
    assert.deepEqual(await scene.bucketOf(scene.target.ledgerBucket).lockedFor(), { mode: 'governance', days: 3 });
    assert.equal((await scene.bucketOf(scene.target.bucket).getBlob(scene.digest)).length, 20 * 1024 * 1024);
  });

  it('has private keys only where they were asked for, with their modes', async () => {
    const scene = await openScene();
    await scene.take();
    const contents = () =>
      readdirSync(join(scene.backup, 'blobs', 'sha256')).map((name) => scene.blob(`sha256:${name}`));
    const hasKeys = () => contents().some((path) => /PRIVATE KEY|secret/.test(readFileSync(path, 'latin1')));
    assert.equal(hasKeys(), false);
    const taken = await scene.take({ privateKeys: true });
    assert.deepEqual([taken.privateKeys, hasKeys()], [true, true]);
    assert.deepEqual((await scene.restore()).missing, []);
    const files = filesBelow(scene.newHome);
    assert.deepEqual(
      [files['keys/decision/private.jwk'], files['keys/signer/ledger.pem'], files['keys/store.json']],
      ['400', '600', undefined],
    );
    for (const [path, mode] of Object.entries(filesBelow(scene.backup))) assert.equal(mode, '600', path);
    assert.equal((statSync(scene.backup).mode & 0o777).toString(8), '700');
  });

  it('reads nothing again that the folder has, and sees what changed', async () => {
    const scene = await openScene();
    await scene.take();
    const again = await scene.take();
    assert.deepEqual([again.number, again.copiedObjects, again.copied], [2, 0, 0]);
    await scene.store.putDocument('pointers/engine.json', new TextEncoder().encode('{"identity":"b"}'));
    await scene.tell('three');
    const third = await scene.take();
    // The pointer, the entry, and the checkpoint over it.
    assert.deepEqual([third.number, third.copiedObjects, third.objects], [3, 3, 11]);
    await scene.restore(1);
    const pointer = await scene.bucketOf(scene.target.bucket).getDocument('pointers/engine.json');
    assert.equal(new TextDecoder().decode(pointer), '{"identity":"a"}');
  });

  it('that was cut off is none: the earlier one stays, and the next goes on where it ended', async () => {
    const scene = await openScene();
    await scene.take();
    await scene.store.putBlob(randomBytes(1_000));
    const late = await scene.store.putBlob(randomBytes(2_000));
    await scene.tell('three');
    proxy.use((method, url) =>
      method === 'GET' && url.includes(late.digest.slice(7))
        ? { answer: { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' } }
        : undefined,
    );
    await assert.rejects(scene.takeThroughProxy(), refusal('store_unreachable'));
    proxy.use(() => undefined);
    assert.deepEqual(scene.seals(), ['000001.json']);
    assert.equal((await scene.verify()).seal.number, 1);
    const { number, copiedObjects } = await scene.take();
    assert.ok(number === 2 && copiedObjects < 4, `${copiedObjects} of 4 were copied again`);
    assert.equal((await scene.verify()).seal.number, 2);
  });

  it('is not made of a ledger with a fault', async () => {
    const scene = await openScene();
    await scene.take();
    await scene.ledger.putDocument(ledgerKey(STREAM, 1), new TextEncoder().encode('{}'));
    await assert.rejects(scene.take(), refusal('ledger_tampered', /release\/ferry\/c1: entry 1/));
    assert.deepEqual(scene.seals(), ['000001.json']);
  });

  it('goes into a folder of its own', async () => {
    const scene = await openScene();
    mkdirSync(scene.backup);
    writeFileSync(join(scene.backup, 'letter.txt'), 'dear');
    await assert.rejects(scene.take(), refusal('usage', /not empty/));
    await assert.rejects(scene.verify(), refusal('not_found'));
  });

  it('of the home alone needs no store', async () => {
    const scene = await openScene();
    const taken = await scene.take({ homeOnly: true, privateKeys: true });
    assert.deepEqual([taken.objects, taken.files], [0, 7]);
    await scene.restore();
    assert.equal(readFileSync(join(scene.newHome, 'keys/signer/builder.pem'), 'utf8').includes('PRIVATE KEY'), true);
    assert.equal(existsSync(join(scene.newHome, 'keys/signer/checkpoint.json')), false);
  });
});

describe('a damaged backup', () => {
  const DAMAGE: readonly (readonly [string, (path: string) => void, RegExp])[] = [
    [
      'one flipped bit',
      (path) => {
        const bytes = readFileSync(path);
        bytes[1_000]! ^= 1;
        writeFileSync(path, bytes);
      },
      /its bytes have another digest/,
    ],
    ['bytes that were cut short', (path) => writeFileSync(path, 'x'), /it has 1 bytes, not 20971520/],
    ['a file that is gone', (path) => rmSync(path), /it is not there/],
  ];
  for (const [name, damage, said] of DAMAGE)
    it(`with ${name} is found by --verify and by a restore, which writes nothing`, async () => {
      const scene = await openScene();
      await scene.take();
      damage(scene.blob());
      await assert.rejects(scene.verify(), refusal('digest_mismatch', said));
      await assert.rejects(scene.restore(), refusal('digest_mismatch', said));
      assert.equal(existsSync(scene.newHome), false);
      await assert.rejects(scene.bucketOf(scene.target.bucket).listDocuments(''), refusal('store_unreachable'));
    });

  it('with a seal of another backup on another ledger is refused', async () => {
    const scene = await openScene();
    await scene.take();
    const seal = join(scene.backup, 'backups', '000001.json');
    const other = `sha256:${'7'.repeat(64)}`;
    writeFileSync(seal, readFileSync(seal, 'utf8').replace(/"checkpoint":"[^"]*"/, `"checkpoint":"${other}"`));
    await assert.rejects(scene.restore(), refusal('ledger_tampered', /was sealed after/));
  });

  it('is made whole by the next one', async () => {
    const scene = await openScene();
    await scene.take();
    writeFileSync(scene.blob(), 'x');
    assert.equal((await scene.take()).copiedObjects, 1);
    await scene.verify();
  });
});

describe('a restore', () => {
  it('writes over nothing: neither a home, nor either bucket', async () => {
    const scene = await openScene();
    await scene.take();
    mkdirSync(scene.newHome);
    writeFileSync(join(scene.newHome, 'tokens.json'), '{}');
    await assert.rejects(scene.restore(), refusal('usage', /not empty: it has tokens.json/));
    renameSync(scene.newHome, `${scene.newHome}-away`);
    const ledger = scene.bucketOf(scene.target.ledgerBucket);
    await ledger.ensureBucket();
    await ledger.putDocument('keys/k.json', new Uint8Array([1]));
    await assert.rejects(scene.restore(), refusal('usage', /bucket of the ledger is not empty/));
    assert.equal(existsSync(scene.newHome), false);
    assert.deepEqual(await scene.bucketOf(scene.target.bucket).listDocuments(''), []);
  });

  it('says what there is where there is no such backup', async () => {
    const scene = await openScene();
    await scene.take();
    await assert.rejects(scene.restore(7), refusal('not_found', /no backup 7; it has 1/));
  });
});
