import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { generateKeyPairSync } from 'node:crypto';
import { writeArtifactFolder } from '../../src/adapters/folder/artifact.js';
import { attestationKey } from '../../src/domain/artifact/attestationKeys.js';
import { canonicalJson } from '../../src/domain/canonical.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { verifyModelSignature } from '../../src/offline/modelSignature.js';
import { createStoredArtifacts } from '../../src/offline/storedArtifacts.js';
import { loadKeys } from '../../src/signer/keys.js';
import { signModel } from '../../src/signer/signModel.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { pythonTool } from '../fixtures/pythonTool.js';
import { storeRelease } from '../fixtures/storedRelease.js';

const { missing, run } = pythonTool('model-signing', ['model-signing==1.1.1', 'pyopenssl']);
const tool = (...words: readonly string[]): string => run('model_signing', words);

const folder = await mkdtemp(join(tmpdir(), 'slipway-oms-'));
after(() => rm(folder, { recursive: true }));
const { model: key } = await loadKeys(join(folder, 'keys'));
const pem = join(folder, 'model.pem');
await writeFile(pem, key.publicKey.export({ type: 'spki', format: 'pem' }));
const store = createMemoryBlobStore();
const { digest, releaseId } = await storeRelease(store);
const envelope = await signModel(store, key, 'ferry', digest);
await store.putDocument(
  attestationKey('ferry', digest, releaseId, 'model'),
  new TextEncoder().encode(canonicalJson(envelope)),
);
let pulls = 0;
const pull = async (): Promise<string> => {
  const target = join(folder, `pulled-${(pulls += 1)}`);
  await writeArtifactFolder(await createStoredArtifacts(store).open(digest), target);
  return target;
};
const failing = async (target: string): Promise<readonly string[]> =>
  (await verifyModelSignature(target, join(target, 'model.sig'), pem)).checks
    .filter(({ ok }) => !ok)
    .map(({ what }) => what);
const invalid = (error: unknown) => error instanceof SlipwayError && error.code === 'signature_invalid';

describe('the model signature of a pulled artifact', () => {
  it('verifies, and shows a changed, a missing and an added file', async () => {
    const target = await pull();
    assert.deepEqual(await failing(target), []);
    await writeFile(join(target, 'model.onnx'), 'weightz');
    await writeFile(join(target, 'added.py'), 'print()');
    await rm(join(target, 'config.json'));
    assert.deepEqual(await failing(target), ['config.json', 'model.onnx', 'added.py']);
  });

  it('does not verify with another key', async () => {
    const other = join(folder, 'other.pem');
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await writeFile(other, publicKey.export({ type: 'spki', format: 'pem' }));
    const target = await pull();
    await assert.rejects(verifyModelSignature(target, join(target, 'model.sig'), other), invalid);
  });
});

describe('the reference tool of OpenSSF model signing', { skip: missing ?? false }, () => {
  it('verifies what Slipway signed, and not when a byte was changed', async () => {
    const target = await pull();
    const words = ['verify', 'key', '--signature', join(target, 'model.sig'), '--public_key', pem, target];
    assert.match(tool(...words), /succeeded/i);
    await writeFile(join(target, 'model.onnx'), 'weightz');
    assert.throws(() => tool(...words));
  });

  it('signs what Slipway verifies, and not when a byte was changed', async () => {
    const target = join(folder, 'theirs');
    await mkdir(join(target, 'sub'), { recursive: true });
    await writeFile(join(target, 'model.onnx'), 'their weights');
    await writeFile(join(target, 'sub', 'card.md'), 'a card');
    const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const [secret, open, signature] = ['their.key', 'their.pem', 'their.sig'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await writeFile(secret, keys.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await writeFile(open, keys.publicKey.export({ type: 'spki', format: 'pem' }));
    tool('sign', 'key', '--signature', signature, '--private_key', secret, target);
    const found = await verifyModelSignature(target, signature, open);
    assert.equal(found.ok, true, JSON.stringify(found));
    await writeFile(join(target, 'sub', 'card.md'), `${await readFile(join(target, 'sub', 'card.md'), 'utf8')}!`);
    assert.equal((await verifyModelSignature(target, signature, open)).ok, false);
  });
});
