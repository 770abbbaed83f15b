import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { createApiClient, type ApiClient } from './apiClient.js';
import { readDevState } from './devState.js';
import type { Output } from './output.js';
import { keptSession, lastSession, type KeptSession } from './session.js';

/** What every command gets: where the API is, as whom, and how to speak. */
export interface Cli {
  readonly home: string;
  readonly out: Output;
  /** The API was named, and is not that of `slipway dev` in this home. */
  readonly remote: boolean;
  /** @param withinMs how long an answer may take; a minute where absent */
  api(withinMs?: number): ApiClient;
  /** The same API, asked with this token. */
  apiWith(token: string): ApiClient;
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
  const url = (): string => (named ?? urlOfDev(home)).replace(/\/+$/, '');
  const clientOf = (token: string | undefined, withinMs?: number): ApiClient =>
    createApiClient({
      url: url(),
      ...(withinMs === undefined ? {} : { withinMs }),
      ...(token === undefined ? {} : { token }),
      onSlow: (waited) => out.progress(`waiting for ${waited}`),
    });
  return {
    home,
    out,
    remote: named !== undefined,
    api: (withinMs) => clientOf(tokenOf(home, url(), options.as, surroundings.token), withinMs),
    apiWith: (token) => clientOf(token),
  };
};

/** The API of the installation that `slipway dev` runs for this home. */
const urlOfDev = (home: string): string => {
  const url = readDevState(home)?.processes.find(({ name }) => name === 'api')?.url;
  if (url !== undefined) return url;
  throw new SlipwayError('api_unreachable', `no installation runs in ${home}, and SLIPWAY_URL is not set`);
};

/** Who was named acts; else the token of the environment, the person who logged in here, and last the author. */
const tokenOf = (home: string, url: string, as: string | undefined, token: string | undefined): string | undefined => {
  if (as === undefined)
    return (
      token ??
      keptSession(home, url, Date.now())?.token ??
      readToken(home, DEFAULT_IDENTITY) ??
      refuseEnded(lastSession(home, url))
    );
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(as)) throw new SlipwayError('usage', `${as} is no name of an identity`);
  const found = readToken(home, as);
  if (found !== undefined) return found;
  const known = identitiesOf(home);
  throw new SlipwayError(
    'unauthenticated',
    `there is no token of ${as} in ${join(home, 'credentials')}${known.length === 0 ? '' : `; there are those of ${known.join(', ')}`}`,
  );
};

/** Who logged in here hears that it is over, and not that a token is missing. */
const refuseEnded = (last: KeptSession | undefined): undefined => {
  if (last === undefined) return undefined;
  const ended = `the session of ${last.identity} ended at ${new Date(last.expiresAt).toISOString()}`;
  throw new SlipwayError('token_expired', ended, { identity: last.identity });
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
