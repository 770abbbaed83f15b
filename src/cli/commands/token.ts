import type { Command } from 'commander';
import { duration } from '../../contract/names.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import { when } from '../output.js';
import type { Run } from '../run.js';

/** Tokens are kept in the home of the API; the entry file hands these over. */
export interface TokenStore {
  /** The identities in the operator's file. */
  identities(home: string): readonly { readonly name: string; readonly kind: 'person' | 'service' }[];
  /** Counts until it is revoked, where nothing says when it expires (epoch milliseconds). */
  issue(home: string, identity: string, expiresAt?: number): Promise<string>;
  /** How many stopped counting. */
  revoke(home: string, identity: string): Promise<number>;
}

/** What automation holds is renewed, or ends by itself. */
const SERVICE_DAYS = 90;
const DAY_MS = 24 * 3600 * 1000;

interface IssueOptions {
  readonly expires?: string;
}

export const tokenCommands = (program: Command, run: Run, store: TokenStore): void => {
  const token = program.command('token').description('who may use the API: where its home is, not over HTTP');
  explain(
    token
      .command('issue <identity>')
      .description('print a new token; it is shown once, the home keeps only its digest')
      .option(
        '--expires <duration>',
        `how long it counts, such as 90d; that of a service ${SERVICE_DAYS}d unless this says otherwise`,
      )
      .action(run(((cli: Cli, identity: string, given: IssueOptions) => issue(cli, store, identity, given)) as never)),
    ['token issue reviewer --home /var/lib/slipway', 'token issue nightly --expires 90d'],
    '0 issued; 2 no such identity, or mistakes in slipway.config.yaml',
  );
  explain(
    token
      .command('revoke <identity>')
      .description('every token of the identity stops counting, with the next request')
      .action(
        run((async (cli: Cli, identity: string) => {
          const revoked = await store.revoke(cli.home, identity);
          if (revoked === 0) throw new SlipwayError('not_found', `${identity} has no token`);
          cli.out.result({ identity, revoked }, () => `${identity}: ${revoked} revoked`);
        }) as never),
      ),
    ['token revoke reviewer'],
    '0 revoked; 8 the identity has none',
  );
};

const issue = async (cli: Cli, store: TokenStore, identity: string, given: IssueOptions): Promise<void> => {
  const identities = store.identities(cli.home);
  const found = identities.find(({ name }) => name === identity);
  if (found === undefined) {
    const known = identities.map(({ name }) => name);
    const there = known.length === 0 ? 'there are none' : `there are ${known.join(', ')}`;
    throw new SlipwayError('usage', `${identity} is no identity of slipway.config.yaml; ${there}`, { known });
  }
  const lasts = given.expires === undefined ? undefined : lastsOf(given.expires);
  const lastsMs = lasts ?? (found.kind === 'service' ? SERVICE_DAYS * DAY_MS : undefined);
  const expiresAt = lastsMs === undefined ? undefined : Date.now() + lastsMs;
  const token = await store.issue(cli.home, identity, expiresAt);
  const until = expiresAt === undefined ? '' : ` until ${when(expiresAt)} UTC`;
  cli.out.note(`a token of ${identity}${until}, for SLIPWAY_TOKEN; keep it as you keep a password:`);
  cli.out.result({ identity, token, ...(expiresAt === undefined ? {} : { expiresAt }) }, ({ token: text }) => text);
};

const lastsOf = (typed: string): number => {
  const parsed = duration('1m', '366d').safeParse(typed);
  if (parsed.success) return parsed.data;
  throw new SlipwayError('usage', `--expires ${typed}: expected ${parsed.error.issues[0]?.message ?? 'a duration'}`);
};
