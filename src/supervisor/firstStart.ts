import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { readText, writeWhole } from './files.js';
import { freePorts } from './freePorts.js';
import { ENVIRONMENTS, IDENTITIES, type HomeFiles } from './home.js';

export interface Ports {
  readonly temporal: number;
  readonly temporalUi: number;
  readonly store: number;
  readonly api: number;
  readonly serving: Readonly<Record<string, number>>;
}

export interface StoreKeys {
  readonly accessKey: string;
  readonly secretKey: string;
}

export interface ModelSource {
  readonly name: string;
  readonly url: string;
  readonly branch: string;
}

/** Ports are chosen once, so that addresses stay the same over restarts. */
export const choosePorts = async (files: HomeFiles, api?: number): Promise<Ports> => {
  const known = await readText(files.ports);
  if (known !== undefined) return { ...(JSON.parse(known) as Ports), ...(api === undefined ? {} : { api }) };
  const [temporal = 0, temporalUi = 0, store = 0, free = 0, ...serving] = await freePorts(4 + ENVIRONMENTS.length);
  const ports: Ports = {
    temporal,
    temporalUi,
    store,
    api: api ?? free,
    serving: Object.fromEntries(ENVIRONMENTS.map((name, index) => [name, serving[index] ?? 0])),
  };
  await writeWhole(files.ports, JSON.stringify(ports));
  return ports;
};

/** Credentials of the object store: random, kept for the owner alone, and handed on by environment only. */
export const ensureStoreKeys = async (files: HomeFiles): Promise<StoreKeys> => {
  const known = await readText(files.storeKeys);
  if (known !== undefined) return JSON.parse(known) as StoreKeys;
  const keys = { accessKey: `slipway-${randomBytes(6).toString('hex')}`, secretKey: randomBytes(24).toString('hex') };
  await writeWhole(files.storeKeys, JSON.stringify(keys));
  return keys;
};

/** Writes the operator's file where there is none: three identities, the models named, and this machine's addresses. */
export const ensureOperatorFile = async (
  files: HomeFiles,
  ports: Ports,
  models: readonly ModelSource[],
): Promise<boolean> => {
  if ((await readText(files.config)) !== undefined) return false;
  const text = stringify({
    version: 1,
    installation: `local-${randomBytes(4).toString('hex')}`,
    temporal: { address: `127.0.0.1:${ports.temporal}` },
    store: { endpoint: `http://127.0.0.1:${ports.store}` },
    server: { port: ports.api },
    models: models.map(({ name, url, branch }) => ({ name, repository: { url, branch } })),
    sourceRoots: [...new Set(models.filter(({ url }) => !url.includes('://')).map(({ url }) => dirname(resolve(url))))],
    identities: IDENTITIES.map((name) => ({ name, roles: [name], gitEmails: [`${name}@example.com`] })),
    environments: ENVIRONMENTS.map((name) => ({
      name,
      target: {
        local: { adminSocket: join(files.run, `serving-${name}.sock`), url: `http://127.0.0.1:${ports.serving[name]}` },
      },
    })),
    source: { pollEvery: '10s' },
  });
  await writeWhole(files.config, text);
  return true;
};

/** A token per local identity, for `--as`; given out once, the API keeps only its digest. */
export const ensureCredentials = async (
  files: HomeFiles,
  issueToken: (tokensFile: string, identity: string) => Promise<string>,
): Promise<void> => {
  await mkdir(files.credentials, { recursive: true, mode: 0o700 });
  for (const identity of IDENTITIES) {
    const path = join(files.credentials, identity);
    if ((await readText(path)) === undefined) await writeWhole(path, `${await issueToken(files.tokens, identity)}\n`);
  }
};
