import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { issueToken } from '../../src/server/tokens.js';
import { freePorts } from '../../src/supervisor/freePorts.js';
import { eventually } from '../fixtures/eventually.js';
import { CLIENT, startIdentityProvider, type IdentityProviderServer } from '../servers/identityProvider.js';
import { startMinio, type ObjectStoreServer } from '../servers/objectStores.js';
import { startTemporal, type TemporalServer } from '../servers/temporal.js';
import { slipway } from '../supervisor/scene.js';

const ENTRY = fileURLToPath(new URL('../../src/server.js', import.meta.url));

describe('a log-in at the API process, with a real provider, a real store and the real command', () => {
  const home = mkdtempSync(join(tmpdir(), 'slipway-login-api-'));
  const desk = mkdtempSync(join(tmpdir(), 'slipway-login-desk-'));
  let temporal: TemporalServer;
  let minio: ObjectStoreServer;
  let provider: IdentityProviderServer;
  let url: string;
  let api: ChildProcess;
  let log = '';

  const configure = (groups: string, revoked = '[]'): void =>
    writeFileSync(
      join(home, 'slipway.config.yaml'),
      `version: 1
installation: team
models: [{name: flights, repository: {url: /nowhere}}]
environments: [{name: test, target: {local: {adminSocket: run/test.sock, url: "http://127.0.0.1:1"}}}]
identities: [{name: nightly, kind: service, roles: [author]}]
oidc: {issuer: "${provider.issuer}", clientId: ${CLIENT}, groups: ${groups}}
revoked: ${revoked}
`,
    );
  const launch = async (): Promise<void> => {
    api = spawn(process.execPath, [ENTRY], {
      env: {
        PATH: process.env['PATH'] ?? '',
        SLIPWAY_HOME: home,
        SLIPWAY_TEMPORAL_ADDRESS: temporal.address,
        SLIPWAY_STORE_ENDPOINT: minio.endpoint,
        SLIPWAY_STORE_ACCESS_KEY: minio.accessKey,
        SLIPWAY_STORE_SECRET_KEY: minio.secretKey,
        SLIPWAY_PORT: new URL(url).port,
        SLIPWAY_PUBLIC_URL: url,
        SLIPWAY_LOG_LEVEL: 'trace',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [api.stdout, api.stderr]) stream?.on('data', (chunk: Buffer) => (log += chunk.toString()));
    await eventually(async () => assert.equal((await fetch(`${url}/ready`)).status, 200, log), 30_000);
  };
  const kill = async (): Promise<void> => {
    const ended = once(api, 'exit');
    api.kill('SIGKILL');
    await ended;
  };
  const command = (...words: readonly string[]) => slipway(words, { SLIPWAY_HOME: desk, SLIPWAY_URL: url });
  const run = async (...words: readonly string[]) => {
    const ran = command(...words);
    return { exit: await ran.exit, stdout: ran.stdout(), stderr: ran.stderr() };
  };
  const login = async (subject: string) => {
    const ran = command('login', '--no-browser');
    const said = () => /http:\/\/127\.0\.0\.1:\d+\/auth\S+(?=\s)/.exec(ran.stderr())?.[0];
    await eventually(() => assert.ok(said() !== undefined || ran.child.exitCode !== null), 30_000);
    await fetch(await provider.browse(said() ?? ran.stderr(), subject));
    return { exit: await ran.exit, stderr: ran.stderr() };
  };

  before(async () => {
    [temporal, minio, provider] = await Promise.all([startTemporal(), startMinio(), startIdentityProvider()]);
    const [port = 0] = await freePorts(1);
    url = `http://127.0.0.1:${port}`;
    provider.account('u-1', { groups: ['reviewers'], email: 'one@example.org', email_verified: true });
    configure('[{group: reviewers, role: reviewer, environments: [test]}]');
    await launch();
  });
  after(async () => {
    await kill();
    await Promise.all([temporal.stop(), minio.stop(), provider.stop()]);
    for (const folder of [home, desk]) rmSync(folder, { recursive: true, force: true });
  });

  it('lasts over a kill of the API, with the roles of the groups', async () => {
    assert.deepEqual(await login('u-1').then(({ exit }) => exit), 0, log);
    await kill();
    await launch();
    assert.match((await run('whoami')).stdout, /^u-1-[0-9a-f]{16}: reviewer in test\n/);
  });

  it('leaves no token in the log, which says everything', () => {
    const { token } = JSON.parse(readFileSync(join(desk, 'session.json'), 'utf8')) as { token: string };
    assert.ok(log.includes('/api/v1/sessions'), 'the log has the request');
    assert.ok(!log.includes(token.slice(-43)));
    assert.ok(!/eyJ[\w-]+\.eyJ[\w-]+\./.test(log), 'an ID token is in the log');
  });

  it('is over when the operator writes so, without a restart', async () => {
    configure('[{group: reviewers, role: reviewer}]', `[{subject: u-1, reason: left, since: 2026-01-01T00:00:00Z}]`);
    const { exit, stderr } = await run('whoami');
    assert.equal(exit, 3);
    assert.match(stderr, /^identity_revoked: .* was revoked: left/);
    configure('[{group: others, role: reviewer}]');
    assert.match((await run('whoami')).stderr, /^forbidden: /);
    configure('[{group: reviewers, role: oncall}]');
    assert.match((await run('whoami')).stdout, /: oncall\n/);
  });

  it('is nothing that a service needs: it starts releases with its token', async () => {
    const token = await issueToken(join(home, 'tokens.json'), 'nightly');
    const answer = await fetch(`${url}/api/v1/releases`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'flights' }),
    });
    // It gets as far as the repository, which is not there.
    const { code } = (await answer.json()) as { code: string };
    assert.match(code, /^repository_/);
  });

  it('says that it cannot be had while the provider is gone, and sessions go on', async () => {
    await provider.stop();
    const { exit, stderr } = await run('login', '--no-browser');
    assert.equal(exit, 9);
    assert.match(stderr, /^identity_provider_unreachable: /m);
    assert.equal((await run('whoami')).exit, 0);
  });
});
