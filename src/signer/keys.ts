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

export type KeyRole = 'builder' | 'ledger';

export interface SigningKey {
  readonly role: KeyRole;
  /** SHA-256 of the public key's DER, hex: the `keyid` of its signatures. */
  readonly keyid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** The signer's own keys, Ed25519, in files that nobody else may read; made at the first start. */
export const loadKeys = async (directory: string): Promise<Readonly<Record<KeyRole, SigningKey>>> => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return { builder: await loadKey(directory, 'builder'), ledger: await loadKey(directory, 'ledger') };
};

const loadKey = async (directory: string, role: KeyRole): Promise<SigningKey> => {
  const path = join(directory, `${role}.pem`);
  const pem = await readFile(path, 'utf8').catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return createKeyFile(path);
  });
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  const keyid = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  return { role, keyid, privateKey, publicKey };
};

/** Of two first starts at once, one makes the key, and both use it. */
const createKeyFile = async (path: string): Promise<string> => {
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
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
