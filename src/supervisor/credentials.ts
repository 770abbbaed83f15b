import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readText, writeWhole } from './files.js';
import type { HomeFiles } from './home.js';

export interface StoreKeys {
  readonly accessKey: string;
  readonly secretKey: string;
}

/** Credentials of the object store: random, kept for the owner alone, and handed on by environment only. */
export const ensureStoreKeys = async (files: HomeFiles): Promise<StoreKeys> => {
  const known = await readText(files.storeKeys);
  if (known !== undefined) return JSON.parse(known) as StoreKeys;
  const keys = { accessKey: `slipway-${randomBytes(6).toString('hex')}`, secretKey: randomBytes(24).toString('hex') };
  await writeWhole(files.storeKeys, JSON.stringify(keys));
  return keys;
};

/** A token per identity, for `--as`; given out once, the API keeps only its digest. */
export const ensureCredentials = async (
  files: HomeFiles,
  identities: readonly string[],
  issueToken: (tokensFile: string, identity: string) => Promise<string>,
): Promise<void> => {
  const digestsLost = (await readText(files.tokens)) === undefined;
  for (const identity of identities) {
    const path = join(files.credentials, identity);
    if (digestsLost || (await readText(path)) === undefined) {
      await writeWhole(path, `${await issueToken(files.tokens, identity)}\n`);
    }
  }
};
