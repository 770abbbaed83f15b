/** S52: who may tell a serving node what to run. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pino } from 'pino';
import { createLocalServing } from '../../src/adapters/local-serving/deployTarget.js';
import { servingLimitsSchema } from '../../src/contract/servingLimits.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { ErrorCode } from '../../src/domain/errors/table.js';
import type { TargetCommand } from '../../src/domain/rollout/types.js';
import type { DeployTarget } from '../../src/ports/deployTarget.js';
import { startServingNode, type ServingNode } from '../../src/serving-node/start.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';

const TOKEN = 'a-token-of-forty-characters-or-some-more';
const host = '127.0.0.1';
const retire = (seq: number): TargetCommand => ({
  model: 'late',
  environment: 'test',
  fence: { epoch: 1, seq },
  versions: [],
});
const code =
  (expected: ErrorCode) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof SlipwayError, String(error));
    assert.equal(error.code, expected, error.message);
    return true;
  };

describe('the admin side of a serving node', () => {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-admin-'));
  const adminSocket = join(directory, 'sockets', 'admin.sock');
  let node: ServingNode;
  before(async () => {
    node = await startServingNode(
      {
        ...{ environment: 'test', host, port: 0, hosts: [], directory, adminSocket },
        ...{ limits: servingLimitsSchema.parse({}), admin: { host, port: 0, token: TOKEN } },
        modelServer: { entry: 'none', variables: () => ({}) },
      },
      createMemoryBlobStore(),
      pino({ level: 'silent' }),
    );
  });
  after(async () => {
    await node.stop();
    rmSync(directory, { recursive: true });
  });
  const remote = (token: string): DeployTarget =>
    createLocalServing({ environment: 'test', adminSocket: '/nowhere', admin: { host, port: node.adminPort!, token } });
  const ask = (method: string, path: string, headers: Record<string, string> = {}) =>
    fetch(`http://${host}:${node.adminPort}${path}`, { method, headers, ...(method === 'PUT' ? { body: '{}' } : {}) });

  it('has a socket that only its owner may open', () => {
    assert.equal(statSync(adminSocket).mode & 0o777, 0o600);
    assert.equal(statSync(join(directory, 'sockets')).mode & 0o777, 0o700);
  });

  it('takes commands over the network from who shows its token', async () => {
    assert.deepEqual((await remote(TOKEN).apply(retire(1))).fence, { epoch: 1, seq: 1 });
    assert.deepEqual((await remote(TOKEN).observe('late', 'test'))?.versions, []);
    await assert.rejects(remote(TOKEN).apply({ ...retire(0), fence: { epoch: 0, seq: 9 } }), code('stale_command'));
  });

  it('tells nobody else anything, and changes nothing', async () => {
    for (const headers of [
      {},
      { authorization: '' },
      { authorization: 'Bearer ' },
      { authorization: TOKEN },
      { authorization: `Bearer ${TOKEN}x` },
      { authorization: `Bearer ${TOKEN.slice(0, -1)}` },
      { authorization: `Basic ${TOKEN}` },
    ])
      for (const [method, path] of [
        ['PUT', '/deployments/late'],
        ['GET', '/deployments/late'],
        ['GET', '/deployments/late/traffic'],
        ['GET', '/metrics'],
        ['GET', '/health'],
        ['GET', '/nothing'],
      ] as const) {
        const answer = await ask(method, path, headers);
        const problem = (await answer.json()) as { code: string };
        assert.deepEqual([answer.status, problem.code], [401, 'unauthenticated'], `${method} ${path}`);
      }
    await assert.rejects(remote('another').apply(retire(2)), code('unauthenticated'));
    assert.deepEqual((await remote(TOKEN).observe('late', 'test'))?.fence, { epoch: 1, seq: 1 });
  });

  it('has no admin routes where callers are', async () => {
    for (const path of ['/deployments/late', '/deployments/late/traffic', '/health']) {
      const answer = await fetch(`${node.inferenceUrl}${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
      assert.equal(answer.status, 404, path);
    }
  });
});

describe('a target that is not what it should be', () => {
  const answering = async (listener: RequestListener, use: (target: DeployTarget) => Promise<void>): Promise<void> => {
    const server = createServer(listener).listen(0, host);
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      await use(createLocalServing({ environment: 'test', adminSocket: '/none', admin: { host, port, token: TOKEN } }));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  };
  const state = (seq: number) => ({ ...retire(seq), versions: [], inferenceUrl: 'http://x' });

  it('F48: that replays an old answer has not carried the command out', () =>
    answering(
      (_request, response) => void response.end(JSON.stringify(state(3))),
      async (target) => {
        await assert.rejects(target.apply(retire(4)), code('target_regressed'));
        assert.deepEqual((await target.apply(retire(3))).fence, { epoch: 1, seq: 3 });
      },
    ));

  it('that answers nonsense, or nobody, is unreachable', async () => {
    await answering(
      (_request, response) => void response.end('<html>'),
      (target) => assert.rejects(target.apply(retire(1)), code('target_unreachable')),
    );
    await answering(
      (_request, response) => void response.writeHead(500).end('{}'),
      (target) => assert.rejects(target.observe('late', 'test'), code('target_unreachable')),
    );
    const gone = createLocalServing({ environment: 'test', adminSocket: '/nowhere/at/all.sock' });
    await assert.rejects(gone.apply(retire(1)), code('target_unreachable'));
  });
});
