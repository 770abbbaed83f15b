/** Who stands before a serving node may send its callers elsewhere: what answers there is nobody's evidence. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { askServing } from '../../activities/askServing.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';

let elsewhere: Server;
let node: Server;
let asked: string[] = [];
let location: string | undefined;
let status = 200;

const started = async (server: Server): Promise<Server> => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
};
const urlOf = (server: Server, path = '/v2/models/m/infer'): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

before(async () => {
  elsewhere = await started(
    createServer((request, response) => {
      asked.push(`elsewhere ${request.url}`);
      request.resume().on('end', () => response.end('{"outputs": []}'));
    }),
  );
  node = await started(
    createServer((request, response) => {
      asked.push(`node ${request.url}`);
      response.writeHead(status, location === undefined ? {} : { location });
      request.resume().on('end', () => response.end('said'));
    }),
  );
});
beforeEach(() => {
  asked = [];
  location = undefined;
  status = 200;
});
after(() => {
  node.close();
  elsewhere.close();
});

const ask = (signal = new AbortController().signal) => askServing(urlOf(node), '{}', signal);

it('says what the address itself answers, whatever that is', async () => {
  for (const one of [200, 404, 429, 500]) {
    status = one;
    assert.deepEqual(await ask(), { kind: 'answered', status: one, text: 'said' });
  }
});

it('follows nobody elsewhere, and says where it was sent', async () => {
  for (const one of [301, 302, 303, 307, 308]) {
    [status, location] = [one, urlOf(elsewhere)];
    await assert.rejects(
      ask(),
      (error) =>
        error instanceof SlipwayError &&
        error.code === 'target_redirects' &&
        error.message.endsWith(`answers ${one}, and sends its callers to ${urlOf(elsewhere)}`),
    );
  }
  status = 300;
  location = undefined;
  await assert.rejects(ask(), (error) => error instanceof SlipwayError && error.code === 'target_redirects');
  assert.ok(asked.every((one) => one.startsWith('node ')));
});

it('reads no answer that has no end, also one that is small on its way', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  const endless = await started(
    createServer((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(bomb);
    }),
  );
  const lost = await askServing(urlOf(endless), '{}', new AbortController().signal);
  endless.close();
  assert.deepEqual(lost, { kind: 'lost', reason: 'an answer of more than 16777216 bytes' });
});

it('tells no answer from a cancel', async () => {
  const gone = await started(createServer());
  const url = urlOf(gone);
  gone.close();
  await once(gone, 'close');
  const lost = await askServing(url, '{}', new AbortController().signal);
  assert.equal(lost.kind, 'lost');
  const cancel = new AbortController();
  cancel.abort();
  await assert.rejects(ask(cancel.signal), { name: 'AbortError' });
});
