import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse, stringify } from 'yaml';
import { freePorts } from '../../src/supervisor/freePorts.js';
import { createGitRepository, type GitRepository } from '../fixtures/gitRepository.js';
import { ferryFiles, FERRIES } from '../fixtures/product.js';
import { startMinio, type ObjectStoreServer } from '../servers/objectStores.js';
import { startTemporal, type TemporalServer } from '../servers/temporal.js';
import { hasEnded, slipway } from '../supervisor/scene.js';
import { ourServices, readComposeFile, ROOT, type Service } from './composeFile.js';
import { openMachine, type Machine, type Started } from './machine.js';

const SECRETS = { POSTGRES_PASSWORD: 'x', SLIPWAY_STORE_ACCESS_KEY: 'x', SLIPWAY_STORE_SECRET_KEY: 'x' };

describe('docker-compose.yml', () => {
  const file = readComposeFile(SECRETS);
  const ours = ourServices(file);

  it('asks for every secret that .env.example names, and has none of its own', () => {
    for (const name of Object.keys(SECRETS)) {
      assert.match(readFileSync(join(ROOT, '.env.example'), 'utf8'), new RegExp(`^${name}=$`, 'm'));
      assert.throws(() => readComposeFile({ ...SECRETS, [name]: '' }), /is not set/, name);
    }
  });

  it('pins the version of every image', () => {
    for (const [name, { image }] of Object.entries(file.services)) assert.match(image, /:[\w.-]*\d[\w.-]*$/, name);
  });

  it('lets nothing of ours write but into volumes, which are declared', () => {
    for (const [name, service] of ours) {
      assert.equal(service.read_only, true, name);
      for (const volume of service.volumes ?? []) {
        const [from = ''] = volume.split(':');
        assert.ok(from.startsWith('./') ? volume.endsWith(':ro') : from in file.volumes, `${name}: ${volume}`);
      }
    }
  });

  it('shows the public half of the decision key to those that verify, read-only, and the rest to the API alone', () => {
    const seen = ours.flatMap(([name, { volumes = [] }]) =>
      volumes.filter((volume) => /keys/.test(volume)).map((volume) => `${name} ${volume}`),
    );
    assert.deepEqual(seen, [
      'signer public-keys:/var/lib/slipway/keys/public:ro',
      'api public-keys:/var/lib/slipway/keys/public',
      'worker-control public-keys:/var/lib/slipway/keys/public:ro',
      'worker public-keys:/var/lib/slipway/keys/public:ro',
    ]);
    const homes = ours.map(([, { volumes = [] }]) => volumes.find((volume) => volume.endsWith(':/var/lib/slipway')));
    assert.equal(new Set(homes).size, ours.length, 'every service has a home of its own');
  });
});

describe('given the services of docker-compose.yml on this machine, with the configuration of docs/operations.md', () => {
  let temporal: TemporalServer;
  let store: ObjectStoreServer;
  let machine: Machine;
  let repository: GitRepository;
  let services: readonly (readonly [string, Service])[];
  const started: Started[] = [];
  const work = mkdtempSync(join(tmpdir(), 'slipway-compose-'));
  const cwdBefore = readdirSync(ROOT).sort();

  before(async () => {
    [temporal, store] = await Promise.all([startTemporal(), startMinio()]);
    const secrets = {
      ...SECRETS,
      SLIPWAY_STORE_ACCESS_KEY: store.accessKey,
      SLIPWAY_STORE_SECRET_KEY: store.secretKey,
    };
    services = ourServices(readComposeFile(secrets));
    const names = services.map(([name]) => name).filter((name) => name !== 'signer');
    const ports = await freePorts(names.length);
    machine = openMachine({
      temporal: temporal.address,
      store: store.endpoint,
      ports: Object.fromEntries(names.map((name, index) => [name, ports[index] ?? 0])),
    });
    repository = createGitRepository(join(work, FERRIES));
    writeFileSync(join(machine.config, 'slipway.config.yaml'), configuration(machine, repository));
    for (const [name, service] of inOrder(services)) {
      const one = machine.start(name, service);
      started.push(one);
      await machine.healthy(one, service);
    }
  });
  after(async () => {
    machine?.close();
    await Promise.all([temporal?.stop(), store?.stop()]);
    rmSync(work, { recursive: true, force: true });
  });

  it('when a commit is released with a token that was issued in the container of the API, then it is promoted', async () => {
    const [, api] = services.find(([name]) => name === 'api')!;
    const issue = [process.execPath, 'bin/slipway.mjs', 'token', 'issue', 'author'];
    const { status, stdout } = machine.exec('api', api, issue);
    assert.equal(status, 0);
    const commit = repository.commit(ferryFiles());
    const url = machine.local('http://api:7600');
    const release = slipway(['release', 'start', '--model', FERRIES, '--commit', commit, '--wait', '--json'], {
      SLIPWAY_URL: url,
      SLIPWAY_TOKEN: stdout.trim(),
    });
    assert.equal(await release.exit, 0, `${release.stdout()}${release.stderr()}`);
    assert.equal((JSON.parse(release.stdout()) as { outcome: string }).outcome, 'promoted');
    assert.equal((await fetch(machine.local('http://serving-production:7700/v2/health/ready'))).status, 200);
  });

  it('when it is backed up from the container of the API, and the keys from that of the signer, then both are whole', () => {
    const run = (name: string, words: readonly string[]): Readonly<Record<string, unknown>> => {
      const [, service] = services.find(([one]) => one === name)!;
      const command = [process.execPath, 'bin/slipway.mjs', 'backup', join(work, `backup-${name}`), ...words, '--json'];
      const { status, stdout } = machine.exec(name, service, command);
      assert.equal(status, 0, stdout);
      return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
    };
    const { objects, privateKeys } = run('api', []);
    assert.ok(Number(objects) > 20 && privateKeys === false);
    assert.ok(Number(run('api', ['--verify'])['entries']) > 5);
    const signer = run('signer', ['--home-only', '--private-keys']);
    // Three private keys, and what was published of them.
    assert.deepEqual([signer['objects'], signer['files'], signer['privateKeys']], [0, 5, true]);
  });

  it('when they get SIGTERM, workers first, then each ends by itself with 0, and leaves no process behind', async () => {
    const before = machine.processes();
    assert.ok(before.length > started.length, 'model servers run');
    for (const { name, child, exit, log } of [...started].reverse()) {
      child.kill('SIGTERM');
      assert.equal(await exit, 0, `${name}:\n${log().slice(-2000)}`);
    }
    assert.deepEqual(
      before.filter((pid) => !hasEnded(pid)),
      [],
    );
  });

  it('then the log of a worker says whose its activities were', () => {
    const lines = started
      .find(({ name }) => name === 'worker')!
      .log()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    const built = lines.find(({ activityType }) => activityType === 'buildModel');
    assert.match(String(built?.['workflowId']), new RegExp(`^release/${FERRIES}/[0-9a-f]{40}$`));
    assert.match(String(built?.['runId']), /^[0-9a-f-]{36}$/);
    assert.ok(!('taskToken' in (built ?? {})));
    assert.equal(built?.['process'], 'worker-build-serve-monitor');
  });

  it('then nothing was written outside the volumes, and no secret was logged', () => {
    assert.deepEqual(readdirSync(ROOT).sort(), cwdBefore);
    assert.deepEqual(readdirSync(machine.config), ['slipway.config.yaml']);
    assert.deepEqual(readdirSync(machine.volume('public-keys')), ['decision.jwks']);
    for (const { name, log } of started) {
      for (const secret of [store.secretKey, 'slipway_']) assert.ok(!log().includes(secret), `${name} logs a secret`);
    }
  });
});

/** Each service after those that it needs. */
const inOrder = (services: readonly (readonly [string, Service])[]): readonly (readonly [string, Service])[] => {
  const needs = ([, { depends_on: needed = {} }]: readonly [string, Service]): number =>
    services.filter(([name]) => name in needed).length;
  return [...services].sort((a, b) => needs(a) - needs(b));
};

/** The example, with the repository of this test in the place of the team's. */
const configuration = (machine: Machine, repository: GitRepository): string => {
  const text = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
  const [, example = ''] = /```yaml\n# config\/slipway\.config\.yaml\n([\s\S]*?)```/.exec(text) ?? [];
  const sockets = machine.volume('sockets');
  const parsed = parse(machine.local(example).replaceAll('/run/slipway', sockets)) as {
    models: { name: string; repository: { url: string } }[];
    identities: { name: string; gitEmails: string[] }[];
  };
  const [model] = parsed.models;
  const [author] = parsed.identities;
  assert.ok(model !== undefined && author?.name === 'author');
  model.name = FERRIES;
  model.repository.url = repository.directory;
  author.gitEmails = ['author@example.test'];
  return stringify({ ...parsed, sourceRoots: [repository.directory] });
};
