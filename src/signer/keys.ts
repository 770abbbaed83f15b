import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { link, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../domain/canonical.js';
import { PUBLIC_KEYS } from '../domain/ledger/keys.js';
import type { BlobStore } from '../ports/blobStore.js';
import type { Signer } from '../ports/signer.js';

export type KeyRole = 'builder' | 'ledger' | 'model';

export interface SigningKey {
  readonly role: KeyRole;
  /** SHA-256 of the public key's DER (of its PEM for `model`), hex: the `keyid` of its signatures. */
  readonly keyid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** The signer's own keys, Ed25519 but P-256 for model signatures, in files that nobody else may read; made at the first start. */
export const loadKeys = async (directory: string): Promise<Readonly<Record<KeyRole, SigningKey>>> => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return {
    builder: await loadKey(directory, 'builder'),
    ledger: await loadKey(directory, 'ledger'),
    model: await loadKey(directory, 'model'),
  };
};

type PublicKeys = Awaited<ReturnType<Signer['publicKeys']>>;

/** Public keys beside the private ones, for those who trust this machine and verify without the signer. */
export const writePublicKeys = async (directory: string, keys: PublicKeys): Promise<void> => {
  await writeFile(join(directory, 'public.json'), `${JSON.stringify(keys, undefined, 2)}\n`);
  const model = keys.find(({ role }) => role === 'model');
  if (model === undefined) return;
  const pem = createPublicKey({ key: model.jwk as JsonWebKey, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  await writeFile(join(directory, 'model-signing.pem'), pem);
};

/** Copies in the ledger's bucket, for those who have nothing else: what makes a key trusted is its ID, kept elsewhere. */
export const publishKeys = async (ledger: BlobStore, keys: PublicKeys): Promise<void> => {
  for (const key of keys)
    await ledger.createDocument(`${PUBLIC_KEYS}${key.keyid}.json`, new TextEncoder().encode(canonicalJson(key)));
};

const loadKey = async (directory: string, role: KeyRole): Promise<SigningKey> => {
  const path = join(directory, `${role}.pem`);
  const pem = await readFile(path, 'utf8').catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return createKeyFile(path, role);
  });
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  // OpenSSF model signing names a key by its PEM.
  const named =
    role === 'model'
      ? publicKey.export({ type: 'spki', format: 'pem' })
      : publicKey.export({ type: 'spki', format: 'der' });
  const keyid = createHash('sha256').update(named).digest('hex');
  return { role, keyid, privateKey, publicKey };
};

/** Of two first starts at once, one makes the key, and both use it. */
const createKeyFile = async (path: string, role: KeyRole): Promise<string> => {
  const { privateKey } =
    role === 'model' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const draft = `${path}.${randomUUID()}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(pem);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(draft, path);
    return pem;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readFile(path, 'utf8');
  } finally {
    await rm(draft, { force: true });
  }
};
