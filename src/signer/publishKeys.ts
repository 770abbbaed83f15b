import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../domain/canonical.js';
import { PUBLIC_KEYS } from '../domain/ledger/keys.js';
import type { BlobStore } from '../ports/blobStore.js';
import type { DecisionKeyring } from '../ports/decisionKeys.js';
import type { Signer } from '../ports/signer.js';
import type { PublicKeys } from './keys.js';

export interface KeyPublisher {
  /** Beside the private keys, for those who trust this machine and verify without the signer. */
  toFile(): Promise<void>;
  /** Both, where a key is new: the API makes its decision key whenever it first starts. */
  publish(): Promise<void>;
}

/**
 * Public keys of the signer and of decisions, for those who verify later. In the ledger's bucket they are for who has
 * nothing else: what makes a key trusted is its ID, kept elsewhere.
 */
export const createKeyPublisher = (
  directory: string,
  ledger: BlobStore,
  own: PublicKeys,
  decisions: DecisionKeyring,
): KeyPublisher => {
  const published = new Set<string>();
  const known = async (): Promise<PublicKeys> => [
    ...own,
    ...(await decisions.keys()).map(({ keyid, jwk }) => ({ keyid, role: 'decision' as const, jwk })),
  ];
  return {
    toFile: async () => writePublicKeys(directory, await known()),
    publish: async () => {
      const keys = await known();
      if (keys.every(({ keyid }) => published.has(keyid))) return;
      await writePublicKeys(directory, keys);
      for (const key of keys)
        await ledger.createDocument(`${PUBLIC_KEYS}${key.keyid}.json`, new TextEncoder().encode(canonicalJson(key)));
      for (const { keyid } of keys) published.add(keyid);
    },
  };
};

/** The signer, which publishes what is needed to verify the ledger before it signs anything about it. */
export const publishing = (signer: Signer, { publish }: KeyPublisher): Signer => ({
  ...signer,
  attestRelease: async (release) => {
    await publish();
    return signer.attestRelease(release);
  },
  checkpoint: async (streams) => {
    await publish();
    return signer.checkpoint(streams);
  },
});

const writePublicKeys = async (directory: string, keys: PublicKeys): Promise<void> => {
  const file = join(directory, 'public.json');
  // A decision key that is used no more may be gone from where it was had: what it signed must still verify.
  const earlier = (await readKeys(file)).filter(
    ({ keyid, role }) => role === 'decision' && !keys.some((key) => key.keyid === keyid),
  );
  await writeFile(`${file}.new`, `${JSON.stringify([...keys, ...earlier], undefined, 2)}\n`);
  await rename(`${file}.new`, file);
  const model = keys.find(({ role }) => role === 'model');
  if (model === undefined) return;
  const pem = createPublicKey({ key: model.jwk as JsonWebKey, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  await writeFile(join(directory, 'model-signing.pem'), pem);
};

const readKeys = async (file: string): Promise<PublicKeys> => {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as PublicKeys;
  } catch {
    // None yet, or a file that was cut off: it is written anew.
    return [];
  }
};
