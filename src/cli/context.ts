import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { createApiClient, type ApiClient } from './apiClient.js';
import { readDevState } from './devState.js';
import type { Output } from './output.js';

/** What every command gets: where the API is, as whom, and how to speak. */
export interface Cli {
  readonly home: string;
  readonly out: Output;
  /** The API was named, and is not that of `slipway dev` in this home. */
  readonly remote: boolean;
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

/** Acts where nobody is named: commits are the author's. */
const DEFAULT_IDENTITY = 'author';

export const createCli = (options: GlobalOptions, surroundings: Surroundings, out: Output): Cli => {
  const home = options.home ?? surroundings.home;
  const named = options.url ?? (options.home === undefined ? surroundings.url : undefined);
  return {
    home,
    out,
    remote: named !== undefined,
    api: () => {
      const url = (named ?? urlOfDev(home)).replace(/\/+$/, '');
      const token = tokenOf(home, options.as, surroundings.token);
      return createApiClient({
        url,
        ...(token === undefined ? {} : { token }),
        onSlow: (waited) => out.progress(`waiting for ${waited}`),
      });
    },
  };
};

/** The API of the installation that `slipway dev` runs for this home. */
const urlOfDev = (home: string): string => {
  const url = readDevState(home)?.processes.find(({ name }) => name === 'api')?.url;
  if (url !== undefined) return url;
  throw new SlipwayError('api_unreachable', `no installation runs in ${home}, and SLIPWAY_URL is not set`);
};

const tokenOf = (home: string, as: string | undefined, token: string | undefined): string | undefined => {
  if (as === undefined) return token ?? readToken(home, DEFAULT_IDENTITY);
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(as)) throw new SlipwayError('usage', `${as} is no name of an identity`);
  const found = readToken(home, as);
  if (found !== undefined) return found;
  const known = identitiesOf(home);
  throw new SlipwayError(
    'unauthenticated',
    `there is no token of ${as} in ${join(home, 'credentials')}${known.length === 0 ? '' : `; there are those of ${known.join(', ')}`}`,
  );
};

const readToken = (home: string, identity: string): string | undefined => {
  try {
    return readFileSync(join(home, 'credentials', identity), 'utf8').trim();
  } catch {
    return undefined;
  }
};

const identitiesOf = (home: string): readonly string[] => {
  try {
    return readdirSync(join(home, 'credentials')).sort();
  } catch {
    return [];
  }
};
