import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openLoginScene } from '../server/loginScene.js';
import { slipway } from '../supervisor/scene.js';

describe('slipway login, as a command of its own with a browser', () => {
  const home = mkdtempSync(join(tmpdir(), 'slipway-login-cli-'));
  let scene: Awaited<ReturnType<typeof openLoginScene>>;
  let url: string;
  before(async () => {
    scene = await openLoginScene();
    scene.provider.account('u-1', { groups: ['reviewers'], preferred_username: 'one', name: 'Flight Reviewer' });
    url = await scene.app.listen({ host: '127.0.0.1', port: 0 });
    scene.known(url);
  });
  after(async () => {
    await scene.app.close();
    await scene.close();
    rmSync(home, { recursive: true });
  });

  const start = (...words: readonly string[]) => slipway(words, { SLIPWAY_HOME: home, SLIPWAY_URL: url });
  const run = async (...words: readonly string[]) => {
    const command = start(...words);
    return { exit: await command.exit, stdout: command.stdout(), stderr: command.stderr() };
  };
  /** Logs in as soon as the command says where. */
  const login = async (subject: string, ...words: readonly string[]) => {
    const command = start('login', '--no-browser', ...words);
    const address = await new Promise<string>((resolve, reject) => {
      command.child.stderr?.on('data', () => {
        const [found] = /http:\/\/127\.0\.0\.1:\d+\/auth\S+(?=\s)/.exec(command.stderr()) ?? [];
        if (found !== undefined) resolve(found);
      });
      void command.exit.then((exit) => reject(new Error(`ended with ${exit}: ${command.stderr()}`)));
    });
    await fetch(await scene.provider.browse(address, subject));
    return { exit: await command.exit, stdout: command.stdout(), stderr: command.stderr() };
  };

  it('keeps a session for the owner alone, which commands then use, until logout', async () => {
    const { exit, stdout, stderr } = await login('u-1');
    assert.equal(exit, 0, stderr);
    assert.match(stdout, /^Flight Reviewer is logged in as u-1-[0-9a-f]{16} until \d{4}-/);
    const file = join(home, 'session.json');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const { token } = JSON.parse(readFileSync(file, 'utf8')) as { token: string };
    assert.ok(!`${stdout}${stderr}`.includes(token));
    const me = await run('whoami');
    assert.equal(me.exit, 0);
    assert.match(
      me.stdout,
      /^u-1-[0-9a-f]{16}: reviewer for flights\nthe identity provider says: Flight Reviewer\nlogged in at .* UTC; the session ends at .* UTC\n/,
    );
    assert.equal((await run('logout')).stdout, 'logged out\n');
    assert.equal((await run('whoami')).exit, 3);
    const kept = await fetch(`${url}/api/v1/whoami`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(kept.status, 401);
    assert.equal((await run('logout')).stdout, 'there was no session\n');
  });

  it('says its token to no other API', async () => {
    await login('u-1');
    const file = join(home, 'session.json');
    const kept = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...kept, url: 'http://127.0.0.1:1' }));
    assert.equal((await run('whoami')).exit, 3);
  });

  it('asks nobody to log in at an API that is known under another address', async () => {
    rmSync(join(home, 'session.json'), { force: true });
    scene.known('https://slipway.example.org');
    const { exit, stderr } = await run('login', '--no-browser');
    scene.known(url);
    assert.equal(exit, 2);
    assert.match(
      stderr,
      /login_elsewhere: what answers at http:\/\/127\.0\.0\.1:\d+ is called https:\/\/slipway\.example\.org/,
    );
    assert.doesNotMatch(stderr, /\/auth/);
  });

  it('shows an API of somebody else nothing that the real one takes', async () => {
    // It lies about who it is, and hands on all that it is shown.
    const shown: string[] = [];
    let evil = '';
    const server = createServer((request, response) => {
      void (async () => {
        let body = '';
        for await (const chunk of request) body += String(chunk);
        if (body !== '') shown.push(body);
        const answer = await fetch(`${url}${request.url ?? ''}`, {
          method: request.method ?? 'GET',
          ...(body === '' ? {} : { body, headers: { 'content-type': 'application/json' } }),
        });
        const text = (await answer.text()).replaceAll(url, evil);
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
      })();
    });
    evil = await new Promise<string>((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)),
    );
    const { exit, stderr } = await login('u-1', '--url', evil);
    server.close();
    assert.equal(exit, 3, stderr);
    assert.match(stderr, /id_token_refused/);
    assert.equal(shown.length, 1, 'the ID token and its secret');
  });

  it('says what went wrong at the identity provider, and what can be done', async () => {
    rmSync(join(home, 'session.json'), { force: true });
    scene.provider.account('u-9', { denied: 'not for contractors' });
    const denied = await login('u-9');
    assert.equal(denied.exit, 3);
    assert.match(
      denied.stderr,
      /^login_denied: .*access_denied: not for contractors\nLog in again, and agree there; /m,
    );

    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const taken = await run('login', '--no-browser', '--port', String(port));
    holder.close();
    assert.equal(taken.exit, 2);
    assert.match(taken.stderr, /^login_port_taken: port \d+ of 127\.0\.0\.1: EADDRINUSE\nEnd what uses it, or /m);
    assert.equal((await run('login', '--port', '70000')).exit, 2);

    scene.askAt(scene.provider.issuer.replace('127.0.0.1', 'localhost'));
    const other = await run('login', '--no-browser');
    scene.askAt(`http://127.0.0.1:${port}`);
    const gone = await run('login', '--no-browser');
    scene.askAt(scene.provider.issuer);
    assert.deepEqual([other.exit, gone.exit], [2, 9]);
    assert.match(other.stderr, /^issuer_mismatch: .* has another issuer\nLet the operator write oidc\.issuer /m);
    assert.match(gone.stderr, /^identity_provider_unreachable: .*\nTry again; /m);
    assert.throws(() => statSync(join(home, 'session.json')));
  });

  it('says why somebody is not let in, and keeps nothing', async () => {
    rmSync(join(home, 'session.json'), { force: true });
    scene.provider.account('u-2', { groups: ['chess'] });
    const { exit, stdout } = await login('u-2', '--json');
    assert.equal(exit, 3);
    assert.equal((JSON.parse(stdout) as { error: { code: string } }).error.code, 'forbidden');
    assert.throws(() => statSync(join(home, 'session.json')));
  });
});
