/** Where notifications go: webhooks, mail and Slack, as slipway.config.yaml names them. */
import { z } from 'zod';
import type { Channel, Channels, SmtpServer } from '../contract/channels.js';
import { name } from '../contract/names.js';
import type { RuleBreach } from '../contract/yaml/checkYaml.js';
import { mapping, wholeNumber } from '../contract/yaml/expected.js';
import { valueAt } from '../contract/yaml/problemsOf.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { readNamedFile } from './namedFile.js';
import { filePath, url } from './places.js';
import { list } from './rawValues.js';

const TEAM_WORDS = 'an ID as Slack has it, such as T0123ABCD';
const USER_WORDS = 'an ID as Slack has it, such as U0123ABCD';
const mailAddress = z.email({ error: 'an e-mail address' });

export const channel = mapping({
  name,
  webhook: mapping({ url, secretFile: filePath }).exactOptional(),
  mail: mapping({ to: z.array(mailAddress).min(1).max(50) }).exactOptional(),
  slack: mapping({ urlFile: filePath.describe('Holds the address of an incoming webhook.') }).exactOptional(),
}).describe('One of webhook, mail and slack.');

export const smtp = mapping({
  host: z.string({ error: 'a host name' }).regex(/^[A-Za-z0-9.:_-]{1,253}$/, 'a host name without port'),
  port: wholeNumber().min(1).max(65_535).default(587),
  security: z
    .enum(['starttls', 'tls', 'none'])
    .default('starttls')
    .describe('none: only for a mail server of this machine.'),
  from: mailAddress.describe('The sender of every mail.'),
  user: z.string().min(1).max(255).exactOptional(),
  passwordFile: filePath.exactOptional(),
  caFile: filePath.exactOptional().describe('The authority that its certificate comes from.'),
});

export const slackApp = mapping({
  signingSecretFile: filePath.describe('Holds the signing secret of the app.'),
  team: z
    .string({ error: TEAM_WORDS })
    .regex(/^[TE][A-Z0-9]{2,20}$/, TEAM_WORDS)
    .describe('ID of the workspace that its users are of.'),
});

export const slackUser = z.string({ error: USER_WORDS }).regex(/^[UW][A-Z0-9]{2,20}$/, USER_WORDS);

/** Rules between fields; they look at the raw value. */
export const channelRules = (value: unknown): readonly RuleBreach[] => {
  const login = ['user', 'passwordFile'].map((key) => valueAt(value, ['smtp', key]) !== undefined);
  return [
    ...list(value, ['channels']).flatMap((_, index) => waysOf(value, index)),
    ...(login[0] === login[1] ? [] : [{ path: ['smtp'], message: 'logs in with half a log-in', expected: LOGIN }]),
  ];
};

const LOGIN = 'user and passwordFile, or none of them';

const waysOf = (value: unknown, index: number): readonly RuleBreach[] => {
  const path = ['channels', index];
  const ways = ['webhook', 'mail', 'slack'].filter((way) => valueAt(value, [...path, way]) !== undefined);
  if (ways.length !== 1)
    return [
      {
        path,
        message: `has ${ways.length === 0 ? 'no way' : ways.join(' and ')}`,
        expected: 'one of webhook, mail and slack',
      },
    ];
  return ways[0] !== 'mail' || valueAt(value, ['smtp']) !== undefined
    ? []
    : [{ path: [...path, 'mail'], message: 'needs a mail server', expected: 'smtp in this file' }];
};

interface Written {
  readonly channels: readonly z.output<typeof channel>[];
  readonly smtp?: z.output<typeof smtp>;
  readonly slack?: z.output<typeof slackApp>;
}

export const channelsOf = ({ channels, slack }: Written, configFile: string): Channels =>
  Object.fromEntries(
    channels.flatMap((written) => {
      const one = channelOf(written, configFile, slack !== undefined);
      return one === undefined ? [] : [[written.name, one]];
    }),
  );

const channelOf = (
  { name: called, webhook, mail, slack }: Written['channels'][number],
  configFile: string,
  interactive: boolean,
): Channel | undefined => {
  const read = (path: string, key: string): string => readNamedFile(configFile, path, `channels ${called}: ${key}`);
  if (webhook !== undefined)
    return { kind: 'webhook', url: webhook.url, secret: read(webhook.secretFile, 'secretFile') };
  if (mail !== undefined) return { kind: 'mail', addresses: mail.to };
  if (slack === undefined) return undefined;
  return { kind: 'slack', url: read(slack.urlFile, 'urlFile'), ...(interactive ? { interactive } : {}) };
};

export const smtpOf = ({ smtp: written }: Written, configFile: string): SmtpServer | undefined => {
  if (written === undefined) return undefined;
  const { user, passwordFile, caFile, ...same } = written;
  const password = passwordFile === undefined ? '' : readNamedFile(configFile, passwordFile, 'smtp.passwordFile');
  return {
    ...same,
    ...(user === undefined ? {} : { login: { user, password } }),
    ...(caFile === undefined ? {} : { ca: readNamedFile(configFile, caFile, 'smtp.caFile') }),
  };
};

/** Slack gives 32 characters; with an empty one everybody could sign. */
const SHORTEST_SECRET = 16;

/** The app of Slack whose clicks the API takes. */
export const slackOf = (
  { slack }: Pick<Written, 'slack'>,
  configFile: string,
): { readonly signingSecret: string; readonly team: string } | undefined => {
  if (slack === undefined) return undefined;
  const { signingSecretFile: file, team } = slack;
  const signingSecret = readNamedFile(configFile, file, 'slack.signingSecretFile');
  if (signingSecret.length < SHORTEST_SECRET)
    throw new SlipwayError('config_invalid', `${configFile}: slack.signingSecretFile: ${file} holds no signing secret`);
  return { signingSecret, team };
};
