import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import {
  loadClientConfig,
  loadServerConfig,
  loadSignerConfig,
  loadWorkerConfig,
  readTargets,
} from '../../src/config/load.js';
import { loadServingNodeConfig } from '../../src/config/serving.js';
import { readTerms } from '../../src/config/ofHome.js';
import { readPeople } from '../../src/config/identities.js';
import { readVariables } from '../../src/config/variables.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';

const home = mkdtempSync(join(tmpdir(), 'slipway-config-'));
const file = join(home, 'slipway.config.yaml');
const KEYS = { SLIPWAY_HOME: home, SLIPWAY_STORE_ACCESS_KEY: 'access', SLIPWAY_STORE_SECRET_KEY: 'secret-value' };
const before = { ...process.env };

const CONFIG = `version: 1
installation: here
server: {publicUrl: "https://slipway.example.org/"}
models: [{name: flights, repository: {url: /srv/git/flights.git, branch: trunk}, environments: [{name: test, clock: arrivals, minimum: {approval: {roles: [reviewer]}}}]}]
channels: [{name: oncall, webhook: {url: "https://hooks.example.org", secretFile: oncall.secret}}]
environments: [{name: test, target: {local: {adminSocket: run/test.sock, url: "http://127.0.0.1:7701"}}}]
identities: [{name: oncall, roles: [oncall]}]
steps: {env: {A: "1"}, passEnv: [SLIPWAY_STORE_SECRET_KEY, COLOUR], writable: [cache, /srv/cache]}
`;

describe('configuration of a process', () => {
  beforeEach(() => {
    for (const name of Object.keys(process.env)) if (/^(SLIPWAY|TEMPORAL)_/.test(name)) delete process.env[name];
    Object.assign(process.env, KEYS);
    writeFileSync(file, CONFIG);
    writeFileSync(join(home, 'oncall.secret'), 'whsec_abc\n');
  });
  afterEach(() => {
    process.env = { ...before };
  });
  after(() => rmSync(home, { recursive: true }));

  it('of a worker has everything its adapters are made with', () => {
    process.env['COLOUR'] = 'red';
    const config = loadWorkerConfig();
    assert.deepEqual(config.queues, ['control', 'build', 'serve', 'monitor']);
    assert.deepEqual(config.channels, {
      oncall: { kind: 'webhook', url: 'https://hooks.example.org', secret: 'whsec_abc' },
    });
    assert.deepEqual(config.repositories, { flights: { url: '/srv/git/flights.git', branch: 'trunk' } });
    assert.deepEqual(config.models, [
      {
        name: 'flights',
        repository: 'flights',
        branch: 'trunk',
        clocks: { test: { kind: 'arrivals' } },
        minimum: [{ name: 'test', approval: { roles: ['reviewer'], quorum: 1 }, gates: [] }],
      },
    ]);
    assert.deepEqual(config.targets, {
      test: { kind: 'local', adminSocket: join(home, 'run/test.sock'), url: 'http://127.0.0.1:7701', hosts: [] },
    });
    assert.deepEqual(config.stepEnv, { A: '1', COLOUR: 'red' }, 'our own credentials are never passed on');
    assert.deepEqual(config.writable, [join(home, 'cache'), '/srv/cache']);
    assert.equal(config.publicUrl, 'https://slipway.example.org');
    assert.equal(config.home.signerSocket, join(home, 'run/signer.sock'));
  });

  it('reads the token of a serving node that is asked over the network, and takes no short one', () => {
    const admin = 'admin: {address: "serving-test:7710", tokenFile: admin.token}';
    writeFileSync(file, CONFIG.replace('adminSocket: run/test.sock', `adminSocket: run/test.sock, ${admin}`));
    const token = 'x'.repeat(32);
    writeFileSync(join(home, 'admin.token'), `${token}\n`);
    const target = loadWorkerConfig().targets['test'];
    assert.deepEqual(target?.kind === 'local' && target.admin, { host: 'serving-test', port: 7710, token });
    process.env['SLIPWAY_ENVIRONMENT'] = 'test';
    assert.deepEqual(loadServingNodeConfig().admin, { host: 'serving-test', port: 7710, token });
    for (const wrong of ['x'.repeat(31), `${token} ${token}`, '', `${token}\n${token}`]) {
      writeFileSync(join(home, 'admin.token'), wrong);
      assert.throws(loadWorkerConfig, (error) => {
        assert.ok(error instanceof SlipwayError && error.code === 'config_invalid', String(error));
        assert.match(error.message, /tokenFile: admin\.token has no token/);
        assert.ok(wrong === '' || !error.message.includes(wrong), 'it is not said');
        return true;
      });
    }
  });

  it('has a serving node speak gRPC where it is told a port, and not otherwise', () => {
    process.env['SLIPWAY_ENVIRONMENT'] = 'test';
    assert.equal(loadServingNodeConfig().grpcPort, undefined);
    writeFileSync(file, CONFIG.replace('url: "http://127.0.0.1:7701"', '$&, grpcPort: 7801'));
    assert.equal(loadServingNodeConfig().grpcPort, 7801);
    process.env['SLIPWAY_GRPC_PORT'] = '7802';
    assert.equal(loadServingNodeConfig().grpcPort, 7802);
    process.env['SLIPWAY_GRPC_PORT'] = '70000';
    assert.throws(loadServingNodeConfig, /SLIPWAY_GRPC_PORT is not/);
  });

  it('reads programs of the operator as the target of an environment, for which no serving node is started', () => {
    const programs = 'deploy: [./deploy, now], status: [./status], shift: [./shift], rollback: [./rollback]';
    const command = `command: {${programs}, inferenceUrl: 'https://models.example.org', timeout: 5s, secrets: {TOKEN: platform}}`;
    const secrets = 'secrets: [{name: platform, models: [flights], from: {file: platform.token}}]';
    const target = CONFIG.replace(/target:.*/, `target: {${command}}}]`);
    writeFileSync(file, `${target}\n${secrets}\n`);
    assert.deepEqual(loadWorkerConfig().targets['test'], {
      kind: 'command',
      programs: { deploy: ['./deploy', 'now'], status: ['./status'], shift: ['./shift'], rollback: ['./rollback'] },
      directory: home,
      timeoutMs: 5_000,
      inferenceUrl: 'https://models.example.org',
      shadows: false,
      secrets: [{ variable: 'TOKEN', name: 'platform' }],
    });
    assert.deepEqual(readTargets(file).environments, []);
    process.env['SLIPWAY_ENVIRONMENT'] = 'test';
    assert.throws(loadServingNodeConfig, /it has no serving node/);
    for (const [wrong, words] of [
      [target, /there is no secret "platform"/],
      [CONFIG.replace(/target:.*/, 'target: {}}]'), /a target of 0 kinds/],
      [CONFIG.replace(/target: \{/, `target: {${command.replace(', secrets: {TOKEN: platform}', '')}, `), /of 2 kinds/],
    ] as const) {
      writeFileSync(file, wrong);
      assert.throws(loadWorkerConfig, words);
    }
  });

  it('refuses a port for gRPC where somebody speaks already', () => {
    const nodes = (...ports: readonly (readonly [http: number, grpc: number])[]): string =>
      ports
        .map(
          ([http, grpc], at) =>
            `{name: e${at}, target: {local: {adminSocket: run/e${at}.sock, url: "http://127.0.0.1:${http}", grpcPort: ${grpc}}}}`,
        )
        .join(', ');
    const load = (...ports: readonly (readonly [number, number])[]) => {
      writeFileSync(
        file,
        CONFIG.replace(/^environments:.*/m, `environments: [${nodes(...ports)}]`).replaceAll('test', 'e0'),
      );
      return loadWorkerConfig();
    };
    assert.equal(Object.keys(load([7701, 7702], [7703, 7704]).targets).length, 2);
    assert.throws(() => load([7701, 7702], [7703, 7702]), /7702, where e0 speaks/);
    assert.throws(() => load([7701, 7703], [7703, 7704]), /7703, where e1 speaks/);
    assert.throws(() => load([7701, 7701]), /7701, where e0 speaks/);
  });

  it('reads a namespace of Kubernetes as the target of an environment, and shows no token where nothing is encrypted', () => {
    const target = (more = ''): string =>
      CONFIG.replace(
        /target:.*/,
        `target: {kubernetes: {namespace: serving, gateway: {name: public}, url: 'https://models.example.org', image: slipway:1${more}}}}]`,
      );
    const loaded = (): unknown => loadWorkerConfig().targets['test'];
    writeFileSync(file, target(', caFile: ca.crt'));
    const { limits, ...read } = loaded() as Readonly<Record<string, unknown>>;
    assert.deepEqual(read, {
      kind: 'kubernetes',
      apiServer: 'https://kubernetes.default.svc',
      tokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token',
      caFile: join(home, 'ca.crt'),
      namespace: 'serving',
      gateway: { name: 'public' },
      hostnames: [],
      inferenceUrl: 'https://models.example.org',
      image: 'slipway:1',
      storeSecret: 'slipway-store',
      resources: { cpu: '500m', memory: '2Gi' },
    });
    assert.ok(limits !== undefined, 'model servers in Pods have the limits of the operator');
    writeFileSync(file, target(", apiServer: 'http://127.0.0.1:8001'"));
    assert.equal((loaded() as { readonly tokenFile?: string }).tokenFile, undefined);
    writeFileSync(file, target(', resources: {memory: much}'));
    assert.throws(loaded, /a quantity of Kubernetes/);
    writeFileSync(file, target(', autoscale: {min: 2, max: 8}'));
    assert.deepEqual((loaded() as { readonly autoscale?: object }).autoscale, { min: 2, max: 8, cpu: 70 });
    writeFileSync(file, target(', autoscale: {min: 9, max: 8}'));
    assert.throws(loaded, /less than min \(9\)/);
    writeFileSync(file, target(', replicas: 2, autoscale: {min: 2, max: 8}'));
    assert.throws(loaded, /a number beside autoscale/);
  });

  it('reads a namespace of KServe as the target of an environment, which says itself where callers go', () => {
    const target = (more: string): string =>
      CONFIG.replace(/target:.*/, `target: {kserve: {namespace: serving, image: slipway:1, caFile: ca.crt${more}}}}]`);
    const loaded = () => loadWorkerConfig().targets['test'] as unknown as Readonly<Record<string, unknown>>;
    writeFileSync(file, target(', replicas: 0'));
    const { kind, namespace, replicas, inferenceUrl, caFile } = loaded();
    assert.deepEqual([kind, namespace, replicas, caFile], ['kserve', 'serving', 0, join(home, 'ca.crt')]);
    assert.equal(inferenceUrl, undefined);
    writeFileSync(file, target(", url: 'https://models.example.org'"));
    assert.equal(loaded()['inferenceUrl'], 'https://models.example.org');
  });

  it('says what a slipway.yaml of a model is held to, and nothing of a model or a home it does not know', () => {
    const minimum = [{ name: 'test', approval: { roles: ['reviewer'], quorum: 1 }, gates: [] }];
    assert.deepEqual(readTerms(home, 'flights'), { minimum, environments: ['test'] });
    assert.deepEqual(readTerms(home, 'ferries'), {});
    assert.deepEqual(readTerms(join(home, 'elsewhere'), 'flights'), {});
  });

  it('lets the environment override the file', () => {
    Object.assign(process.env, {
      SLIPWAY_QUEUES: 'build, serve',
      SLIPWAY_PORT: '0',
      SLIPWAY_HOST: '0.0.0.0',
      SLIPWAY_TEMPORAL_ADDRESS: 'temporal:7233',
      SLIPWAY_STORE_ENDPOINT: 'http://minio:9000',
      SLIPWAY_LOG_LEVEL: '',
    });
    assert.deepEqual(loadWorkerConfig().queues, ['build', 'serve']);
    const server = loadServerConfig();
    assert.deepEqual(
      [server.host, server.port, server.temporal.address, server.store.endpoint],
      ['0.0.0.0', 0, 'temporal:7233', 'http://minio:9000'],
    );
    assert.equal(server.logLevel, 'info', 'an empty variable is not set');
  });

  it('names every variable that is wrong, and no value', () => {
    const wrong = {
      SLIPWAY_PORT: '99999',
      SLIPWAY_QUEUES: 'control,bild',
      SLIPWAY_LOG_LEVEL: 'loud',
      SLIPWAY_STORE_ENDPOINT: 'secret',
    };
    assert.throws(
      () => readVariables(wrong),
      (error) => {
        assert.ok(error instanceof SlipwayError && error.code === 'config_invalid');
        for (const name of Object.keys(wrong)) assert.match(error.message, new RegExp(name));
        assert.doesNotMatch(error.message, /secret|99999/);
        return true;
      },
    );
  });

  it('refuses to start without the keys of the store, a file, or a secret', () => {
    const refused = (expected: RegExp) => (error: unknown) =>
      error instanceof SlipwayError && error.code === 'config_invalid' && expected.test(error.message);
    delete process.env['SLIPWAY_STORE_SECRET_KEY'];
    assert.throws(loadServerConfig, refused(/SLIPWAY_STORE_SECRET_KEY must be set/));
    Object.assign(process.env, KEYS);
    rmSync(join(home, 'oncall.secret'));
    assert.throws(loadWorkerConfig, refused(/channels oncall: secretFile: oncall\.secret cannot be read/));
    rmSync(file);
    assert.throws(loadServerConfig, refused(/does not exist \(slipway dev writes one/));
  });

  it('of the API has the app of Slack with its secret, of a worker only that its messages can be answered', () => {
    const secret = join(home, 'slack.secret');
    const slackChannel = '{name: author, slack: {urlFile: slack.url}}, {name: oncall,';
    writeFileSync(join(home, 'slack.url'), 'https://hooks.example.org/services/x\n');
    writeFileSync(
      file,
      `${CONFIG.replace('{name: oncall, webhook', `${slackChannel} webhook`)}slack: {signingSecretFile: slack.secret, team: T0123ABCD}\n`,
    );
    const none = (error: unknown) => error instanceof SlipwayError && /holds no signing secret/.test(error.message);
    for (const empty of ['', '\n', 'short\n']) {
      writeFileSync(secret, empty);
      assert.throws(loadServerConfig, none, JSON.stringify(empty));
    }
    writeFileSync(secret, `${'8f742231'.repeat(4)}\n`);
    assert.deepEqual(loadServerConfig().slack, { signingSecret: '8f742231'.repeat(4), team: 'T0123ABCD' });
    const author = { kind: 'slack', url: 'https://hooks.example.org/services/x' };
    assert.deepEqual(loadWorkerConfig().channels['author'], { ...author, interactive: true });
    writeFileSync(file, CONFIG.replace('{name: oncall, webhook', `${slackChannel} webhook`));
    assert.deepEqual(loadWorkerConfig().channels['author'], author);
    assert.equal(loadServerConfig().slack, undefined);
  });

  it('of the signer needs no file where its environment says everything', () => {
    rmSync(file);
    process.env['SLIPWAY_STORE_ENDPOINT'] = 'http://minio:9000';
    assert.equal(loadSignerConfig().store.endpoint, 'http://minio:9000');
  });

  it('of the signer takes the retention of the ledger from the file, which it is the first to use', () => {
    process.env['SLIPWAY_STORE_ENDPOINT'] = 'http://minio:9000';
    assert.deepEqual(loadSignerConfig().store.ledgerRetention, { mode: 'governance', days: 365 });
    writeFileSync(file, `${CONFIG}store: {ledgerRetention: {mode: compliance, days: 30}}\n`);
    assert.deepEqual(loadSignerConfig().store.ledgerRetention, { mode: 'compliance', days: 30 });
  });

  it('of the command line needs nothing', () => {
    rmSync(file);
    assert.deepEqual(loadClientConfig().home.directory, home);
  });

  it('has the identities of now', () => {
    assert.deepEqual(readPeople(file).identities, [
      { name: 'oncall', kind: 'person', grants: [], roles: ['oncall'], gitEmails: [] },
    ]);
    writeFileSync(file, `${CONFIG}revoked: [{identity: oncall, reason: left, since: 1970-01-01T00:00:01Z}]\n`);
    assert.deepEqual(readPeople(file).identities[0]?.revoked, { reason: 'left', since: 1000 });
    writeFileSync(file, CONFIG.replace('roles: [oncall]', 'roles: []'));
    assert.deepEqual(readPeople(file).identities[0]?.roles, []);
    assert.equal(readPeople(file), readPeople(file), 'an unchanged file is not read again');
    rmSync(file);
    assert.throws(() => readPeople(file).identities, SlipwayError);
  });

  it('has the calendar of each identity, or that of the installation', () => {
    const calendars = `calendars:
  - {name: berlin, timeZone: Europe/Berlin, hours: {mon: ["09:00-12:00", "13:00-24:00"]}, holidays: ["2026-12-25"]}
  - {name: always, timeZone: UTC, hours: {mon: ["00:00-24:00"]}}
`;
    const people = CONFIG.replace(
      'roles: [oncall]',
      'roles: [oncall]}, {name: other, roles: [], calendar: berlin, deputies: [oncall]',
    );
    writeFileSync(file, `${people}${calendars}`);
    assert.deepEqual(
      readPeople(file).identities.map(({ calendar }) => calendar?.name),
      [undefined, 'berlin'],
    );
    writeFileSync(file, `${people}${calendars}defaultCalendar: always\n`);
    const [oncall, other] = readPeople(file).identities;
    assert.deepEqual([oncall?.calendar?.name, other?.deputies], ['always', ['oncall']]);
    assert.deepEqual(other?.calendar, {
      name: 'berlin',
      timeZone: 'Europe/Berlin',
      hours: {
        mon: [
          { from: '09:00', to: '12:00' },
          { from: '13:00', to: '24:00' },
        ],
      },
      holidays: ['2026-12-25'],
    });
  });
});
