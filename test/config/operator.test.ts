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
    'one address of two people',
    'reviewer@example.org',
    'Author@example.org',
    'identities[1].gitEmails[0]: Author@example.org belongs to two identities',
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
    assert.deepEqual(file.limits, { requestBytes: 1_048_576, labelBytes: 16_777_216, jsonDepth: 16 });
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
