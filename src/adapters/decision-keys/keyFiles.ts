import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';

export interface DecisionKeyFiles {
  /** Private JWK, mode 0600; read by the API process alone. */
  readonly privateFile: string;
  /**
   * JWKS of public keys, read by workers; older keys stay in it, so that their decisions still verify. It has a folder
   * of its own, which can be shared where the private key cannot be seen.
   */
  readonly publicFile: string;
}

export const decisionKeyFiles = (keysDirectory: string): DecisionKeyFiles => ({
  privateFile: join(keysDirectory, 'decision', 'private.jwk'),
  publicFile: join(keysDirectory, 'public', 'decision.jwks'),
});

/** The installation's decision key; made at the first start. Its public half is published before it signs anything. */
export const ensureDecisionKey = async (files: DecisionKeyFiles): Promise<JWK> => {
  const existing = await readJson<JWK>(files.privateFile);
  if (existing !== undefined) {
    await publish(files, existing);
    return existing;
  }
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = await exportJWK(privateKey);
  const key: JWK = { ...jwk, alg: 'EdDSA', use: 'sig', kid: await calculateJwkThumbprint(jwk) };
  await publish(files, key);
  await writeAtomically(files.privateFile, JSON.stringify(key), 0o600);
  return key;
};

const publish = async (files: DecisionKeyFiles, key: JWK): Promise<void> => {
  const known = await readPublicKeys(files);
  if (known.some(({ kid }) => kid === key.kid)) return;
  await writeAtomically(
    files.publicFile,
    JSON.stringify({ keys: [...known, withoutPrivatePart(key)] }, null, 2),
    0o644,
  );
};

export const readPublicKeys = async (files: DecisionKeyFiles): Promise<readonly JWK[]> =>
  (await readJson<{ keys: readonly JWK[] }>(files.publicFile))?.keys ?? [];

export const importKey = async (jwk: JWK): Promise<Awaited<ReturnType<typeof importJWK>>> => importJWK(jwk, 'EdDSA');

const withoutPrivatePart = ({ d: _, ...key }: JWK): JWK => key;

const readJson = async <T>(path: string): Promise<T | undefined> => {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as T);
};

const writeAtomically = async (path: string, text: string, mode: number): Promise<void> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const partial = `${path}.${process.pid}`;
  const file = await open(partial, 'w', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, path);
};
