import type { Command } from 'commander';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import type { Run } from '../run.js';

/** Tokens are kept in the home of the API; the entry file hands these over. */
export interface TokenStore {
  /** Names of the identities in the operator's file. */
  identities(home: string): readonly string[];
  issue(home: string, identity: string): Promise<string>;
  /** How many stopped counting. */
  revoke(home: string, identity: string): Promise<number>;
}

export const tokenCommands = (program: Command, run: Run, store: TokenStore): void => {
  const token = program.command('token').description('who may use the API: where its home is, not over HTTP');
  explain(
    token
      .command('issue <identity>')
      .description('print a new token; it is shown once, the home keeps only its digest')
      .action(
        run((async (cli: Cli, identity: string) => {
          const known = store.identities(cli.home);
          if (!known.includes(identity)) {
            const there = known.length === 0 ? 'there are none' : `there are ${known.join(', ')}`;
            throw new SlipwayError('usage', `${identity} is no identity of slipway.config.yaml; ${there}`, { known });
          }
          const issued = { identity, token: await store.issue(cli.home, identity) };
          cli.out.note(`a token of ${identity}, for SLIPWAY_TOKEN; keep it as you keep a password:`);
          cli.out.result(issued, ({ token: text }) => text);
        }) as never),
      ),
    ['token issue reviewer --home /var/lib/slipway'],
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
