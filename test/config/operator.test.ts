import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseOperator } from '../../src/config/operator.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';

const BASE = `version: 1
installation: here
models:
  - name: flights
    repository: {url: /srv/git/flights.git}
    environments:
      - {name: production, clock: {replay: {anchor: "2001-03-05T00:00:00Z", speed: 100}}}
identities:
  - {name: author, roles: [author], gitEmails: [author@example.org]}
  - {name: reviewer, roles: [reviewer], gitEmails: [reviewer@example.org]}
channels:
  - {name: oncall, webhook: {url: "https://hooks.example.org/x", secretFile: secrets/oncall}}
environments:
  - {name: production, target: {local: {adminSocket: run/production.sock, url: "http://127.0.0.1:7703"}}}
`;

/** What was changed, and every line of the error that must be there. */
const MISTAKES: readonly (readonly [why: string, from: string, to: string, ...lines: string[]])[] = [
  [
    'an unknown key',
    'installation: here',
    'instalation: here',
    'f:1:1: installation: is missing',
    'f:2:1: instalation: unknown key (expected one of version, installation,',
  ],
  [
    'a duplicate key',
    'installation: here',
    'installation: here\ninstallation: there',
    'f:3:1: the key installation is written twice',
  ],
  [
    'a model twice',
    'models:\n',
    'models:\n  - {name: flights, repository: {url: /b}}\n',
    'models[1].name: "flights" is used twice',
  ],
  [
    'an environment that there is not',
    '- {name: production, clock',
    '- {name: prodction, clock',
    'f:7:16: models[0].environments[0].name: there is no environment "prodction" (expected one of production; did you mean production?)',
  ],
  [
    'a time zone that is none',
    'channels:',
    'calendars:\n  - {name: office, timeZone: Europe/Nowhere, hours: {mon: ["09:00-17:00"]}}\nchannels:',
    'calendars[0].timeZone: is "Europe/Nowhere" (expected a time zone such as Europe/Berlin, or UTC)',
  ],
  [
    'hours that end before they begin',
    'channels:',
    'calendars:\n  - {name: office, timeZone: UTC, hours: {mon: ["17:00-09:00"]}}\nchannels:',
    'calendars[0].hours.mon[0]: is "17:00-09:00" (expected hours such as 09:00-17:00, the second after the first, 24:00 at the latest)',
  ],
  [
    'a day that there is not',
    'channels:',
    'calendars:\n  - {name: office, timeZone: UTC, hours: {monday: ["09:00-17:00"]}}\nchannels:',
    'calendars[0].hours.monday: unknown key',
  ],
  [
    'a calendar without hours',
    'channels:',
    'calendars:\n  - {name: office, timeZone: UTC, hours: {}}\nchannels:',
    'calendars[0].hours: is',
  ],
  [
    'a calendar that there is not',
    'roles: [reviewer]',
    'calendar: ofice, deputies: [reviewer, nobody], roles: [reviewer]',
    'identities[1].calendar: there is no calendar "ofice"',
    'identities[1].deputies[0]: reviewer cannot stand in for themselves (expected somebody else)',
    'identities[1].deputies[1]: there is no identity "nobody"',
  ],
  [
    'one address of two people',
    'reviewer@example.org',
    'Author@example.org',
    'identities[1].gitEmails[0]: Author@example.org belongs to two identities',
  ],
  [
    'a role for a model that there is not',
    '{name: author, roles: [author],',
    '{name: author, grants: [{role: author, models: [flight]}],',
    'identities[0].grants[0].models[0]: there is no model "flight" (expected one of flights; did you mean flights?)',
  ],
  [
    'a role in an environment that there is not',
    '{name: author, roles: [author],',
    '{name: author, grants: [{role: author, environments: [prod]}],',
    'identities[0].grants[0].environments[0]: there is no environment "prod" (expected one of production)',
  ],
  [
    'who is revoked and does not exist',
    'channels:\n',
    'revoked: [{identity: reviwer, reason: left, since: 2026-01-01T00:00:00Z}]\nchannels:\n',
    'revoked[0].identity: there is no identity "reviwer" (expected one of author, reviewer; did you mean reviewer?)',
  ],
  [
    'one subject of two people',
    'identities:\n',
    'identities:\n  - {name: a, oidc: {subject: u-1}}\n  - {name: b, oidc: {subject: u-1}}\n',
    'identities[1].oidc.subject: "u-1" is used twice',
  ],
  [
    'a service that logs in',
    'name: author, roles',
    'name: author, kind: service, oidc: {subject: u-1}, roles',
    'identities[0].oidc: a service does not log in (expected kind: person, or no oidc)',
  ],
  [
    'a provider that would hear secrets in the clear',
    'channels:\n',
    'oidc: {issuer: "http://id.example.org", clientId: slipway}\nchannels:\n',
    'oidc.issuer: is "http://id.example.org" (expected an https address, or http on this machine)',
  ],
  [
    'a shared secret as the key of ID tokens',
    'channels:\n',
    'oidc: {issuer: "https://id.example.org", clientId: slipway, algorithms: [HS256]}\nchannels:\n',
    'oidc.algorithms[0]: is "HS256" (expected one of RS256,',
  ],
  [
    'a group with a role in an environment that there is not',
    'channels:\n',
    'oidc: {issuer: "https://id.example.org", clientId: slipway, groups: [{group: g, role: r, environments: [prod]}]}\nchannels:\n',
    'oidc.groups[0].environments[0]: there is no environment "prod" (expected one of production)',
  ],
  [
    'an address that is none',
    'reviewer@example.org',
    'reviewer',
    'identities[1].gitEmails[0]: is "reviewer" (expected an e-mail address)',
  ],
  [
    'a channel by another protocol',
    'https://hooks.example.org/x',
    'ftp://hooks.example.org/x',
    'channels[0].webhook.url: is "ftp://hooks.example.org/x" (expected an http or https address)',
  ],
  [
    'a channel with two ways',
    'secretFile: secrets/oncall}}',
    'secretFile: secrets/oncall}, slack: {urlFile: secrets/slack}}',
    'channels[0]: has webhook and slack (expected one of webhook, mail and slack)',
  ],
  [
    'a channel with none',
    ', webhook: {url: "https://hooks.example.org/x", secretFile: secrets/oncall}}',
    '}',
    'channels[0]: has no way (expected one of webhook, mail and slack)',
  ],
  [
    'mail without a mail server',
    'webhook: {url: "https://hooks.example.org/x", secretFile: secrets/oncall}',
    'mail: {to: [oncall@example.org]}',
    'channels[0].mail: needs a mail server (expected smtp in this file)',
  ],
  [
    'a log-in without its password',
    'channels:\n',
    'smtp: {host: mail.example.org, from: slipway@example.org, user: slipway}\nchannels:\n',
    'smtp: logs in with half a log-in (expected user and passwordFile, or none of them)',
  ],
  [
    'a person that nobody else is',
    'gitEmails: [reviewer@example.org]',
    'person: autor, gitEmails: [reviewer@example.org]',
    'identities[1].person: no other identity is of the person "autor"',
  ],
  [
    'a user of Slack who is two identities',
    '  - {name: reviewer, roles: [reviewer], gitEmails: [reviewer@example.org]}',
    '  - {name: a, slack: U0123ABCD}\n  - {name: reviewer, slack: U0123ABCD}',
    'identities[2].slack: "U0123ABCD" is another identity\'s, too (expected a user of Slack that no other identity is)',
  ],
  [
    'a user of Slack by a name',
    'gitEmails: [reviewer@example.org]',
    'slack: "@reviewer", gitEmails: [reviewer@example.org]',
    'identities[1].slack: ',
  ],
  [
    'a role that nobody has',
    'channels:\n',
    'breakGlass: {roles: [oncal]}\nchannels:\n',
    'breakGlass.roles[0]: there is no role "oncal"',
  ],
  [
    'a deputy that does not exist',
    'gitEmails: [reviewer@example.org]',
    'deputies: [oncal], gitEmails: [reviewer@example.org]',
    'identities[1].deputies[0]: there is no identity "oncal"',
  ],
  [
    'a freeze that nobody answers for',
    'installation: here',
    'installation: here\nfreezes: [{name: a, reason: x, owner: oncal, from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z"}]',
    'freezes[0].owner: there is no identity, role or channel "oncal"',
  ],
  [
    'a branch that git refuses',
    '/srv/git/flights.git}',
    '/srv/git/flights.git, branch: "-x"}',
    'models[0].repository.branch: is "-x" (expected a branch name)',
  ],
  [
    'a clock that there is not',
    'clock: {replay: {anchor: "2001-03-05T00:00:00Z", speed: 100}}',
    'clock: arrival',
    'is "arrival" (expected wall, arrivals, or {replay: {anchor, speed}}; did you mean arrivals?)',
  ],
  [
    'containers of no image',
    'installation: here',
    'installation: here\nsteps: {runner: docker}',
    'f:3:8: steps.image: is missing, and steps.runner is docker (expected name@sha256:…, or sha256:… of an image that the engine has)',
  ],
  [
    'containers of an image that may change',
    'installation: here',
    'installation: here\nsteps: {runner: docker, image: "registry.example.org/steps:1.2"}',
    'steps.image: names no digest (expected name@sha256:…',
  ],
  [
    'a runner that there is not',
    'installation: here',
    'installation: here\nsteps: {runner: dokcer}',
    'steps.runner: is "dokcer" (expected one of process, docker; did you mean docker?)',
  ],
  [
    'an instant that is none',
    '2001-03-05T00:00:00Z',
    '2001-03-05',
    'is "2001-03-05" (expected an instant such as 2001-03-05T00:00:00Z)',
  ],
  [
    'a channel that there is not',
    'installation: here',
    'installation: here\ndefaultChannel: oncal',
    'f:3:17: defaultChannel: there is no channel "oncal" (expected one of oncall; did you mean oncall?)',
  ],
  [
    'a freeze of what there is not, or without a length',
    'installation: here',
    'installation: here\nfreezes: [{name: a, reason: x, owner: oncall, environments: [prodction], from: "2026-01-02T00:00:00Z", to: "2026-01-01T23:00:00-01:00"}]',
    'freezes[0].environments[0]: there is no environment "prodction"',
    'freezes[0].to: is not after from',
  ],
  [
    'a freeze that has two times, and a time zone that there is not',
    'installation: here',
    'installation: here\nfreezes: [{name: a, reason: x, owner: oncall, from: "2026-01-02T00:00:00Z", recurring: {timeZone: Moon/Far, days: [fri], from: "16:00", to: "08:00"}}]',
    'freezes[0].recurring.timeZone: is "Moon/Far" (expected a time zone such as Europe/Berlin, or UTC)',
  ],
  [
    'two nodes on one socket',
    'environments:\n  - {name: production, target',
    'environments:\n  - {name: test, target: {local: {adminSocket: run/production.sock, url: "http://127.0.0.1:7701"}}}\n  - {name: production, target',
    'environments[1].target.local.adminSocket: "run/production.sock" is used twice',
  ],
];

describe('the operator’s file', () => {
  it('is read, with every default', () => {
    const file = parseOperator(BASE, 'f');
    assert.deepEqual(file.temporal, { address: '127.0.0.1:7233', namespace: 'default', tls: false });
    assert.deepEqual(file.store, {
      endpoint: 'http://127.0.0.1:9000',
      region: 'us-east-1',
      bucket: 'slipway',
      ledgerBucket: 'slipway-ledger',
      ledgerRetention: { mode: 'governance', days: 365 },
    });
    assert.deepEqual(file.limits, {
      requestBytes: 1_048_576,
      labelBytes: 16_777_216,
      jsonDepth: 16,
      perMinute: { address: 12_000, identity: 6_000, decisions: 120, failedTokens: 60 },
      eventStreams: 10,
    });
    assert.equal(file.models[0]?.repository.branch, 'main');
    assert.deepEqual(file.models[0]?.environments[0]?.clock, { replay: { anchor: Date.UTC(2001, 2, 5), speed: 100 } });
    assert.equal(file.source.pollEvery, 30_000);
  });

  for (const [why, from, to, ...lines] of MISTAKES) {
    it(`refuses ${why}`, () => {
      assert.ok(BASE.includes(from));
      assert.throws(
        () => parseOperator(BASE.replace(from, to), 'f'),
        (error) => {
          assert.ok(error instanceof SlipwayError);
          assert.equal(error.code, 'config_invalid');
          for (const line of lines) assert.ok(error.message.includes(line), `${line}\nis not in\n${error.message}`);
          return true;
        },
      );
    });
  }
});
