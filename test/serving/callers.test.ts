/** What a web page could send to a serving node, and what real clients send. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pino } from 'pino';
import { servingLimitsSchema } from '../../src/contract/servingLimits.js';
import { startServingNode, type ServingNode } from '../../src/serving-node/start.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';

type Headers = Readonly<Record<string, string>>;

describe('a serving node', () => {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-callers-'));
  let node: ServingNode;
  before(async () => {
    node = await startServingNode(
      {
        ...{ environment: 'production', host: '127.0.0.1', port: 0, directory, limits: servingLimitsSchema.parse({}) },
        ...{ publicUrl: 'https://serving.example.com', hosts: ['serving-production'] },
        adminSocket: join(directory, 'admin.sock'),
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

  const ask = (method: string, path: string, headers: Headers): Promise<{ status: number; error: string }> =>
    new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port: node.port, method, path, headers }, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += String(chunk)));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, error: (JSON.parse(text) as { error?: string }).error ?? '' }),
        );
      });
      asked.on('error', reject);
      asked.end(method === 'POST' ? '{}' : undefined);
    });
  const infer = (headers: Headers) => ask('POST', '/v2/models/late/infer', headers);

  const PAGE = { origin: 'https://evil.example' };
  const refused: readonly (readonly [string, Headers])[] = [
    ['text, which a page may send anywhere', { ...PAGE, 'content-type': 'text/plain;charset=UTF-8' }],
    ['text that hides JSON', { 'content-type': 'text/plain; application/json' }],
    ['a form', { ...PAGE, 'content-type': 'application/x-www-form-urlencoded' }],
    ['a form of several parts', { ...PAGE, 'content-type': 'multipart/form-data; boundary=x' }],
    ['a body of no type from a page', PAGE],
    ['the same from a page that hides its origin', { 'sec-fetch-site': 'cross-site' }],
  ];
  for (const [what, headers] of refused)
    it(`answers ${what} with 415`, async () => {
      const { status, error } = await infer(headers);
      assert.deepEqual(
        [status, /application\/json.*; this one came (as "|without a content type)/.test(error)],
        [415, true],
      );
    });

  it('does not let a page ask whether it may send JSON', async () => {
    const asks = { ...PAGE, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' };
    assert.equal((await ask('OPTIONS', '/v2/models/late/infer', asks)).status, 405);
  });

  const taken: readonly (readonly [string, Headers])[] = [
    ['JSON', { 'content-type': 'application/json; charset=utf-8' }],
    ["KServe's client, with binary tensors", { 'content-type': 'application/octet-stream' }],
    ['what curl sends with -d', { 'user-agent': 'curl/8.5.0', 'content-type': 'application/x-www-form-urlencoded' }],
    ["Triton's client, which sends no type", { 'user-agent': 'python/gevent-http-client-2.4.0' }],
  ];
  for (const [what, headers] of taken)
    it(`takes ${what}`, async () =>
      assert.deepEqual(await infer(headers), { status: 404, error: 'there is no model late' }));

  it('answers to its own names, and to no other', async () => {
    const statusOf = async (host: string) => (await ask('GET', '/v2/health/live', { host })).status;
    for (const host of ['localhost:7703', '127.0.0.1', '[::1]:7703', 'serving.example.com', 'serving-production:7700'])
      assert.equal(await statusOf(host), 200, host);
    for (const host of ['evil.example', 'evil.example:7703']) assert.equal(await statusOf(host), 421, host);
  });
});
