/**
 * slipway.config.yaml, version 1: the operator's file, and the one place of every default. Variables of the
 * environment (variables.ts) override single values of it.
 */
import { z } from 'zod';
import { duration, name, size, variableName } from '../contract/names.js';
import { servingLimitsSchema } from '../contract/servingLimits.js';
import { mapping, wholeNumber } from '../contract/yaml/expected.js';
import { calendar } from './calendars.js';
import { channel, slackApp, smtp } from './channels.js';
import { freeze } from './freezes.js';
import { model } from './models.js';
import { identity, oidc, revocation } from './people.js';
import { filePath, hostAndPort, hostNames, metricHosts, url } from './places.js';
import { environment } from './targetSchema.js';

export const port = wholeNumber().min(0).max(65_535);
export const logLevel = z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']);
export const bucket = z
  .string({ error: 'a bucket name' })
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'a bucket name of 3 to 63 lower-case letters, digits, dots and dashes');

const temporal = mapping({
  address: hostAndPort.default('127.0.0.1:7233'),
  namespace: z.string().min(1).max(255).default('default'),
  tls: z
    .union([
      z.boolean(),
      mapping({
        serverName: z.string().min(1).exactOptional(),
        caFile: filePath.exactOptional(),
        certFile: filePath.exactOptional(),
        keyFile: filePath.exactOptional(),
      }),
    ])
    .default(false),
  apiKeyFile: filePath.exactOptional().describe('For Temporal Cloud; implies tls.'),
});

const store = mapping({
  endpoint: url.default('http://127.0.0.1:9000'),
  region: z.string().min(1).default('us-east-1'),
  bucket: bucket.default('slipway'),
  ledgerBucket: bucket.default('slipway-ledger'),
  ledgerRetention: mapping({
    mode: z.enum(['governance', 'compliance']).default('governance'),
    days: wholeNumber().min(1).max(36_500).default(365),
  })
    .prefault({})
    .describe('How long object lock keeps entries of the ledger from being deleted; used when its bucket is made.'),
});

const rate = wholeNumber().min(1).max(10_000_000);

const server = mapping({
  host: z.string().min(1).default('127.0.0.1'),
  port: port.default(7600),
  publicUrl: url.exactOptional().describe('What people type; links in notifications and statuses begin with it.'),
  hosts: hostNames.describe('Further names that callers may use; others are refused.'),
  trustedProxies: z
    .array(
      z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
        error: 'an IP address, or a network such as 10.0.0.0/8',
      }),
    )
    .max(100)
    .default([])
    .describe('Proxies before the API: what they say in X-Forwarded-For is the address of a caller.'),
});

export const operatorSchema = mapping({
  version: z.literal(1),
  installation: name.describe('The audience of decisions: a decision of another installation does not count.'),
  temporal: temporal.prefault({}),
  store: store.prefault({}),
  server: server.prefault({}),
  signer: mapping({ socket: filePath.exactOptional() }).prefault({}),
  log: mapping({ level: logLevel.default('info') }).prefault({}),
  models: z.array(model).max(1000).default([]),
  sourceRoots: z
    .array(filePath)
    .default([])
    .describe('Folders below which a repository may be a path of this machine.'),
  identities: z.array(identity).max(10_000).default([]),
  revoked: z
    .array(revocation)
    .max(10_000)
    .default([])
    .describe('They have no role and no valid token, from the next question on; their commits stay theirs.'),
  calendars: z.array(calendar).max(1000).default([]),
  defaultCalendar: name
    .exactOptional()
    .describe('Of identities without one of their own; without it every hour is an hour of work.'),
  oidc: oidc.exactOptional().describe('The identity provider that people log in by.'),
  channels: z.array(channel).max(1000).default([]),
  defaultChannel: name.exactOptional().describe('Hears what has no channel of its own.'),
  slack: slackApp.exactOptional().describe('The app of Slack whose clicks the API takes; absent: none.'),
  smtp: smtp.exactOptional().describe('The server that takes the mail of channels.'),
  environments: z.array(environment).max(100).default([]),
  freezes: z
    .array(freeze)
    .max(1000)
    .default([])
    .describe('Times at which environments take no new versions; docs/freezes.md.'),
  hotfix: mapping({ roles: z.array(name).max(20).default(['oncall', 'operator']) })
    .prefault({})
    .describe('Who may start a hotfix; none: nobody. docs/urgent.md.'),
  breakGlass: mapping({ roles: z.array(name).min(1).max(20) })
    .exactOptional()
    .describe(
      'Roles of which two people together may let a release past every wait; absent: nobody. docs/breakglass.md.',
    ),
  steps: mapping({
    env: z.record(variableName, z.string()).default({}).describe('Given to every command of a model repository.'),
    passEnv: z
      .array(variableName)
      .default([])
      .describe("Names of the worker's own variables that are passed on. Never credentials."),
    runner: z
      .enum(['process', 'docker'])
      .default('process')
      .describe('What runs commands: processes of the worker, or containers of an engine of its machine.'),
    image: z
      .string()
      .min(1)
      .max(500)
      .exactOptional()
      .describe(
        'The image that commands run in: that of the worker, or of their containers. Steps run again when it changes.',
      ),
    limits: mapping({
      memory: size.prefault('4GiB'),
      cpus: z.number().min(0.1).max(1024).default(2),
      processes: wholeNumber().min(16).max(65_536).default(1024),
    })
      .prefault({})
      .describe(
        'What one command may take, where it runs in a container; resources of slipway.yaml can only ask for less.',
      ),
    docker: mapping({
      socket: filePath.default('/var/run/docker.sock'),
      network: z
        .string()
        .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/, 'a network of the engine')
        .default('bridge')
        .describe('Of commands that say network: true; others have none.'),
    }).prefault({}),
    writable: z
      .array(filePath)
      .default([])
      .describe('Folders that commands of every repository may write to besides that of their run, such as caches.'),
    confinement: z
      .enum(['best', 'required'])
      .default('best')
      .describe(
        'required: commands run only where they are confined, by bubblewrap or a container; best: also without.',
      ),
  }).prefault({}),
  secrets: z
    .array(
      mapping({
        name,
        models: z.array(name).min(1).max(1000).describe('Models whose commands may have it.'),
        from: z.union([mapping({ file: filePath }), mapping({ variable: variableName })], {
          error: '{file} or {variable}',
        }),
      }),
    )
    .max(1000)
    .default([])
    .describe('Handed to commands that name them, by file descriptor; masked in logs.'),
  data: mapping({
    folders: z.array(filePath).default([]).describe('Folders below which steps may read data by file: address.'),
    buckets: z.array(bucket).default([]).describe('Buckets of the store from which they may read by s3: address.'),
    hosts: hostNames.describe(
      'Hosts of this network from which they may read by https: address; from those of the Internet they may anyway.',
    ),
    downloadBytes: wholeNumber()
      .min(1024)
      .max(1024 ** 4)
      .default(4 * 1024 ** 3)
      .describe('Largest file that is fetched by https: address.'),
  }).prefault({}),
  metrics: mapping({
    hosts: metricHosts.describe('Hosts that metrics of a canary may be asked of, each with its port where it has one.'),
  }).prefault({}),
  serving: servingLimitsSchema.prefault({}).describe('What each model server may take, keep and hold back.'),
  targets: mapping({
    lookEvery: z
      .union([z.literal('off'), duration('10s', '1d')], { error: 'off, or a duration from 10s to 1d' })
      .prefault('5m')
      .describe('How often a target is asked whether it runs what it should.'),
  }).prefault({}),
  source: mapping({ pollEvery: duration('1s', '1d').prefault('30s') }).prefault({}),
  limits: mapping({
    requestBytes: wholeNumber()
      .min(1024)
      .max(16 * 1024 * 1024)
      .default(1024 * 1024),
    labelBytes: wholeNumber()
      .min(1024)
      .max(256 * 1024 * 1024)
      .default(16 * 1024 * 1024),
    jsonDepth: wholeNumber().min(4).max(64).default(16),
    perMinute: mapping({
      address: rate.default(12_000),
      identity: rate.default(6_000),
      decisions: rate.default(120),
      failedTokens: rate.default(60),
    })
      .prefault({})
      .describe('Requests to the API that each address and identity has in a minute.'),
    eventStreams: wholeNumber().min(1).max(1000).default(10).describe('That one identity has open at a time.'),
  }).prefault({}),
});

export type OperatorFile = z.output<typeof operatorSchema>;
