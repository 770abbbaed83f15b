import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openTemporalClient } from '../../src/adapters/temporal/connection.js';
import { issueToken } from '../../src/server/tokens.js';
import { freePorts } from '../../src/supervisor/freePorts.js';
import { eventually } from '../fixtures/eventually.js';
import { startMinio, type ObjectStoreServer } from '../servers/objectStores.js';
import { startTemporal, type TemporalServer } from '../servers/temporal.js';

const ENTRY = fileURLToPath(new URL('../../src/server.js', import.meta.url));

describe('the API process, on a real engine and a real store', () => {
  const home = mkdtempSync(join(tmpdir(), 'slipway-api-'));
  const repository = join(home, 'git', 'flights');
  let temporal: TemporalServer;
  let minio: ObjectStoreServer;
  let token: string;
  let port: number;
  let api: ChildProcess;
  let log = '';

  const environment = () => ({
    PATH: process.env['PATH'] ?? '',
    SLIPWAY_HOME: home,
    SLIPWAY_TEMPORAL_ADDRESS: temporal.address,
    SLIPWAY_STORE_ENDPOINT: minio.endpoint,
    SLIPWAY_STORE_ACCESS_KEY: minio.accessKey,
    SLIPWAY_STORE_SECRET_KEY: minio.secretKey,
    SLIPWAY_PORT: String(port),
  });
  const launch = (extra: Record<string, string> = {}): ChildProcess => {
    const child = spawn(process.execPath, [ENTRY], {
      env: { ...environment(), ...extra },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (log += chunk.toString()));
    return child;
  };
  const ended = async (child: ChildProcess): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode;
  };
  const ask = async (path: string, body?: unknown) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  before(async () => {
    [temporal, minio] = await Promise.all([startTemporal(), startMinio()]);
    [port = 0] = await freePorts(1);
    mkdirSync(repository, { recursive: true });
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=author', '-c', 'user.email=author@example.org', ...args], {
        cwd: repository,
        encoding: 'utf8',
      });
    git('init', '--quiet', '--initial-branch=main');
    git('commit', '--quiet', '--allow-empty', '-m', 'First');
    writeFileSync(
      join(home, 'slipway.config.yaml'),
      `version: 1
installation: test
models: [{name: flights, repository: {url: ${JSON.stringify(repository)}}}]
sourceRoots: [${JSON.stringify(join(home, 'git'))}]
identities: [{name: author, roles: [author], gitEmails: [author@example.org]}]
environments: [{name: test, target: {local: {adminSocket: run/test.sock, url: "http://127.0.0.1:1"}}}]
`,
    );
    token = await issueToken(join(home, 'tokens.json'), 'author');
    api = launch();
    await eventually(async () => assert.equal((await ask('/ready')).status, 200, log), 30_000);
  });
  after(async () => {
    api.kill('SIGKILL');
    await Promise.all([temporal.stop(), minio.stop()]);
    rmSync(home, { recursive: true, force: true });
  });

  it('starts the release of the head of a real repository, durable in the engine', async () => {
    const started = await ask('/api/v1/releases', { model: 'flights' });
    assert.deepEqual([started.status, started.body['started']], [202, true], JSON.stringify(started.body));
    assert.deepEqual((await ask('/api/v1/releases', { model: 'flights' })).body, { ...started.body, started: false });
    const client = openTemporalClient({ address: temporal.address, namespace: 'default' });
    const described = await client.workflow.getHandle(String(started.body['releaseId'])).describe();
    assert.deepEqual([described.type, described.taskQueue, described.status.name], ['release', 'control', 'RUNNING']);
    assert.match((await described.staticSummary()) ?? '', /^Release of flights [0-9a-f]{12}: First$/);
    await client.connection.close();
    await eventually(async () => {
      const { releases } = (await ask('/api/v1/releases')).body as {
        releases: { releaseId: string; running: boolean }[];
      };
      assert.deepEqual(
        releases.map(({ releaseId, running }) => [releaseId, running]),
        [[started.body['releaseId'], true]],
      );
    });
  });

  it('says that the serving node does not answer', async () => {
    const { body } = await ask('/api/v1/models/flights/environments/test');
    assert.match(String(body['servingProblem']), /^target_unreachable/);
  });

  it('keeps the key of decisions to itself', () => {
    const file = join(home, 'keys', 'decision', 'private.jwk');
    assert.ok(existsSync(file));
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it('does not start on a port that is taken, and says so', async () => {
    log = '';
    assert.equal(await ended(launch()), 9);
    assert.match(log, /"code":"port_taken"/);
  });

  it('does not start with a mistake in its configuration, and says where', async () => {
    log = '';
    writeFileSync(join(home, 'broken.yaml'), 'version: 1\ninstalation: x\n');
    assert.equal(await ended(launch({ SLIPWAY_CONFIG: join(home, 'broken.yaml') })), 2);
    assert.match(log, /"code":"config_invalid".*broken\.yaml:2:1: instalation: unknown key/);
  });

  it('notices an engine that came back empty, and changes nothing in it', async () => {
    await temporal.kill9();
    await eventually(
      async () => assert.match(JSON.stringify((await ask('/ready')).body), /temporal_unreachable/),
      30_000,
    );
    await temporal.restart();
    await eventually(async () => assert.match(JSON.stringify((await ask('/ready')).body), /temporal_empty/), 30_000);
    const refused = await ask('/api/v1/releases', { model: 'flights' });
    assert.deepEqual([refused.status, refused.body['code']], [503, 'temporal_empty']);
    await eventually(() => assert.match(log, /the engine was lost/), 30_000);
  });

  it('ends with SIGTERM, in order', async () => {
    api.kill('SIGTERM');
    assert.equal(await ended(api), 0);
  });
});
