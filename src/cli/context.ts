import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { createApiClient, type ApiClient } from './apiClient.js';
import type { Output } from './output.js';

/** What every command gets: where the API is, as whom, and how to speak. */
export interface Cli {
  readonly home: string;
  readonly out: Output;
  api(): ApiClient;
}

export interface GlobalOptions {
  readonly as?: string;
  readonly url?: string;
  readonly home?: string;
  readonly json?: boolean;
}

export interface Surroundings {
  readonly home: string;
  readonly url?: string;
  readonly token?: string;
}

export const createCli = (options: GlobalOptions, surroundings: Surroundings, out: Output): Cli => {
  const home = options.home ?? surroundings.home;
  return {
    home,
    out,
    api: () =>
      createApiClient(options.url ?? surroundings.url ?? urlOfDev(home), tokenOf(home, options.as, surroundings.token)),
  };
};

/** The API of the installation that `slipway dev` runs for this home. */
const urlOfDev = (home: string): string => {
  try {
    const state = JSON.parse(readFileSync(join(home, 'dev.json'), 'utf8')) as {
      processes: readonly { name: string; url?: string }[];
    };
    const url = state.processes.find((one) => one.name === 'api')?.url;
    if (url !== undefined) return url;
  } catch {
    // Said below.
  }
  throw new SlipwayError('api_unreachable', `no installation runs in ${home}, and SLIPWAY_URL is not set`);
};

const tokenOf = (home: string, as: string | undefined, token: string | undefined): string | undefined => {
  if (as === undefined) return token ?? readToken(home, 'author');
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(as)) throw new SlipwayError('usage', `${as} is no identity`);
  const found = readToken(home, as);
  if (found === undefined)
    throw new SlipwayError('unauthenticated', `there is no token of ${as} in ${join(home, 'credentials')}`);
  return found;
};

const readToken = (home: string, identity: string): string | undefined => {
  try {
    return readFileSync(join(home, 'credentials', identity), 'utf8').trim();
  } catch {
    return undefined;
  }
};
