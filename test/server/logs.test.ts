import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import { followLog } from '../../src/server/followLog.js';
import { eventually } from '../fixtures/eventually.js';
import { COMMIT, openScene, startRelease, TOKENS } from './scene.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const logKey = (name: string): string => `releases/flights/${COMMIT}/logs/${name}`;

const written = async () => {
  const scene = openScene();
  const url = await startRelease(scene);
  const put = (name: string, text: string) => scene.store.putDocument(logKey(name), bytes(text));
  await put('build.1/00000000.log', 'first\n');
  await put('build.1/00000001.log', 'killed');
  await put('build.2/00000000.log', 'second\n');
  await put('build.10/00000000.log', 'tenth\n');
  await put('integrate.1/00000000.log', 'checks\n');
  await put('integrate.1/end.json', '{}');
  return { ...scene, put, url: `${url}/logs` };
};

describe('the log of a release', () => {
  it('is told in the order of its story', async () => {
    const { ask, url } = await written();
    const answer = await ask('guest', 'GET', url);
    assert.match(String(answer.headers['content-type']), /^text\/plain/);
    assert.equal(
      answer.body,
      '==> integrate, attempt 1\nchecks\n==> build, attempt 1\nfirst\nkilled==> build, attempt 2\nsecond\n==> build, attempt 10\ntenth\n',
    );
  });

  it('can be of one stage', async () => {
    const { ask, url } = await written();
    assert.equal((await ask('guest', 'GET', `${url}?stage=integrate`)).body, '==> integrate, attempt 1\nchecks\n');
  });

  it('can be of one stage in every environment, or in one', async () => {
    const { ask, url, put } = await written();
    for (const environment of ['eu', 'eu-west', 'zone1']) await put(`gate-${environment}.1/00000000.log`, 'judged\n');
    const stages = async (stage: string) =>
      [...(await ask('guest', 'GET', `${url}?stage=${stage}`)).body.matchAll(/^==> (.*), attempt 1$/gm)].map(
        ([, one]) => one,
      );
    assert.deepEqual(await stages('gate'), ['gate-eu-west', 'gate-eu', 'gate-zone1']);
    assert.deepEqual(await stages('gate-eu'), ['gate-eu']);
    assert.deepEqual(await stages('gate-zone1'), ['gate-zone1']);
    assert.deepEqual(await stages('gate-e'), []);
  });

  it('comes as events, and goes on after the last one that was seen', async () => {
    const { ask, url } = await written();
    const events = async (headers: Record<string, string>) =>
      (await ask('guest', 'GET', url, undefined, { accept: 'text/event-stream', ...headers })).body;
    const all = await events({});
    assert.deepEqual(
      [...all.matchAll(/^id: (.*)$/gm)].map((match) => match[1]),
      ['integrate.1/00000000', 'build.1/00000000', 'build.1/00000001', 'build.2/00000000', 'build.10/00000000'],
    );
    assert.match(all, /event: log\ndata: {"stage":"integrate","attempt":1,"text":"checks\\n"}\n\n/);
    assert.match(all, /event: end\ndata: {"outcome":null}\n\n$/);
    const rest = await events({ 'last-event-id': 'build.1/00000001' });
    assert.deepEqual(
      [...rest.matchAll(/^id: (.*)$/gm)].map((match) => match[1]),
      ['build.2/00000000', 'build.10/00000000'],
    );
  });

  it('followed after the end says how it ended', async () => {
    const { ask, url, store } = await written();
    await store.putDocument(`releases/flights/${COMMIT}/release.json`, bytes('{"outcome":"blocked"}'));
    const { body } = await ask('guest', 'GET', `${url}?follow=true`, undefined, { accept: 'text/event-stream' });
    assert.match(body, /event: end\ndata: {"outcome":"blocked"}\n\n$/);
  });

  it('does not cut characters that stand across two segments', async () => {
    const { ask, url, store } = await written();
    const [head, tail] = [bytes('é').slice(0, 1), bytes('é').slice(1)];
    await store.putDocument(logKey('package.1/00000000.log'), head);
    await store.putDocument(logKey('package.1/00000001.log'), tail);
    const { body } = await ask('guest', 'GET', `${url}?stage=package`, undefined, { accept: 'text/event-stream' });
    assert.match(body, /"text":"é"/);
    assert.doesNotMatch(body, /\ufffd/);
  });
});

describe('following a log', () => {
  const open: { close(): Promise<unknown> }[] = [];
  after(() => Promise.all(open.map((app) => app.close())));

  const listening = async () => {
    const scene = await written();
    open.push(scene.app);
    await scene.app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = scene.app.server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}${scene.url}?follow=true`, {
      headers: { authorization: `Bearer ${TOKENS['guest']}` },
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const readUntil = async (needle: string): Promise<string> => {
      while (!text.includes(needle)) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`ended without ${needle}: ${text}`);
        text += value;
      }
      return text;
    };
    return { ...scene, reader, readUntil };
  };

  it('shows what is written while one looks, and ends with the release', async () => {
    const { put, readUntil, reader, store, releases } = await listening();
    await readUntil('tenth');
    await put('build.10/00000001.log', 'eleventh\n');
    await readUntil('eleventh');
    await put('package.1/00000000.log', 'packed\n');
    await store.putDocument(
      `releases/flights/${COMMIT}/release.json`,
      bytes(JSON.stringify({ ...releases.get(`release/flights/${COMMIT}`), outcome: 'promoted' })),
    );
    const all = await readUntil('packed');
    assert.equal(all.match(/first/g)?.length, 1, 'nothing is told twice');
    for (let ended = false; !ended;) ended = (await reader.read()).done;
  });

  it('ends when the server closes, and holds it up no longer than that', { timeout: 20_000 }, async () => {
    const { app, url, store } = await written();
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    // A client that would keep its connection for as long as the server lets it.
    const agent = new Agent({ keepAlive: true });
    const headers = { authorization: `Bearer ${TOKENS['guest']}` };
    const [response] = (await once(
      get({ port, host: '127.0.0.1', path: `${url}?follow=true`, agent, headers }),
      'response',
    )) as [IncomingMessage];
    await once(response, 'data');
    // The store is slow: the answer ends after the server has begun to close.
    const list = store.listDocuments.bind(store);
    let goOn: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => (goOn = resolve));
    let looking: () => void = () => undefined;
    const looked = new Promise<void>((resolve) => (looking = resolve));
    Object.assign(store, { listDocuments: async (prefix: string) => (looking(), await slow, list(prefix)) });
    response.resume();
    await looked;
    const ended = once(response, 'end');
    const closed = app.close();
    await eventually(() => assert.equal(app.server.listening, false));
    goOn();
    await Promise.all([closed, ended]);
    agent.destroy();
  });

  it('stops looking when the reader has gone', async () => {
    const { ports } = await written();
    const gone = new AbortController();
    const parts = followLog(
      ports,
      { model: 'flights', release: COMMIT },
      { follow: true, signal: gone.signal, after: 'build.2/00000000' },
    );
    assert.equal((await parts.next()).value?.kind, 'log');
    const more = parts.next();
    gone.abort();
    assert.equal((await more).done, true);
  });
});
