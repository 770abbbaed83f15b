import { createHash, randomBytes } from 'node:crypto';
import { InvalidArgumentError, type Command } from 'commander';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { boundSecret } from '../../domain/identity/boundSecret.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import { inBrowser } from '../inBrowser.js';
import { when } from '../output.js';
import type { Run } from '../run.js';
import { forgetSession, keepSession, keptSession } from '../session.js';

interface LoginSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly maxAge: number;
  /** As the API has it; it decides nothing here, whoever answers says what they like. */
  readonly origin?: string;
}

/** Lets a person prove who they are to an identity provider, with a browser; the entry file hands it over. */
export type ProveIdentity = (
  request: LoginSettings & {
    readonly nonce: string;
    readonly patienceMs: number;
    readonly port?: number;
    readonly show: (url: string) => Promise<void>;
  },
) => Promise<string>;

interface Opened {
  readonly token: string;
  readonly identity: string;
  readonly label: string;
  readonly expiresAt: number;
}

interface LoginOptions {
  readonly browser: boolean;
  readonly port?: number;
}

const PATIENCE_MS = 5 * 60_000;

export const loginCommands = (program: Command, run: Run, prove: ProveIdentity): void => {
  explain(
    program
      .command('login')
      .description('log in at the identity provider of the installation, with a browser of this machine')
      .option('--no-browser', 'print the address, and open nothing')
      .option('--port <number>', 'of 127.0.0.1, that the provider answers to; any free one where absent', portOf)
      .action(run(((cli: Cli, given: LoginOptions) => login(cli, prove, given)) as never)),
    ['login', 'login --url https://slipway.example.com --no-browser --port 8400'],
    '0 logged in; 2 the installation has no identity provider; 3 refused; 9 unreachable; 130 interrupted',
  );
  explain(
    program
      .command('logout')
      .description('end the session that login began')
      .action(run(logout as never)),
    ['logout'],
    '0 it is over, or there was none; 9 the API does not answer, and only the file is gone',
  );
};

const portOf = (text: string): number => {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) throw new InvalidArgumentError('a port from 1 to 65535.');
  return port;
};

/**
 * The secret stays here until the API asks for it: the nonce is its digest with the origin of that API, so an ID token alone
 * opens no session, and one that was shown to an API of somebody else opens none at ours.
 */
const login = async (cli: Cli, prove: ProveIdentity, { browser, port }: LoginOptions): Promise<void> => {
  const api = cli.api();
  const settings = await api.get<LoginSettings>('/api/v1/login');
  const { origin } = new URL(api.url);
  if (settings.origin !== undefined && settings.origin !== origin)
    throw new SlipwayError('login_elsewhere', `what answers at ${origin} is called ${settings.origin.slice(0, 200)}`);
  const secret = randomBytes(32).toString('base64url');
  const idToken = await prove({
    ...settings,
    nonce: createHash('sha256').update(boundSecret(origin, secret)).digest('base64url'),
    patienceMs: PATIENCE_MS,
    ...(port === undefined ? {} : { port }),
    show: async (url) => {
      if (browser && (await inBrowser(url))) cli.out.note('log in with the browser; where none opened, open this:');
      else cli.out.note('open this with a browser of this machine, and log in:');
      cli.out.note(url);
    },
  });
  const { token, ...opened } = await api.post<Opened>('/api/v1/sessions', { idToken, secret });
  keepSession(cli.home, { url: api.url, token, identity: opened.identity, expiresAt: opened.expiresAt });
  cli.out.result(
    opened,
    ({ identity, label, expiresAt }) => `${label} is logged in as ${identity} until ${when(expiresAt)} UTC`,
  );
};

/** The file goes first: whatever the API says, nobody can use it after this. */
const logout = async (cli: Cli): Promise<void> => {
  const api = cli.api();
  const kept = keptSession(cli.home, api.url, Date.now());
  forgetSession(cli.home);
  const ended =
    kept !== undefined &&
    (await cli
      .apiWith(kept.token)
      .post<{ ended: boolean }>('/api/v1/sessions/end')
      .then(
        (answer) => answer.ended,
        (error: unknown) => {
          // The API ended it already.
          if (error instanceof SlipwayError && ['unauthenticated', 'token_expired'].includes(error.code)) return false;
          throw error;
        },
      ));
  cli.out.result({ ended }, () => (ended ? 'logged out' : 'there was no session'));
};
