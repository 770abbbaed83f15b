import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  type KeyObject,
} from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
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

export type PublicKeys = Awaited<ReturnType<Signer['publicKeys']>>;

export const publicKeysOf = (keys: Readonly<Record<KeyRole, SigningKey>>): PublicKeys =>
  [keys.builder, keys.ledger, keys.model].map(({ keyid, role, publicKey }) => ({
    keyid,
    role,
    jwk: { ...publicKey.export({ format: 'jwk' }) },
  }));

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
