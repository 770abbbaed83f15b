import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { eventually } from '../fixtures/eventually.js';
import { COMMIT, openCliScene, releaseOf } from './scene.js';

const scene = await openCliScene();
const asked: (string | undefined)[] = [];
let connected: ServerResponse | undefined;
let answer: object = {};
/** Only events need a connection that stays. */
const server = createServer((request, response) => {
  if (!(request.url ?? '').includes('/events')) return void response.end(JSON.stringify(answer));
  asked.push(request.headers['last-event-id'] as string | undefined);
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  connected = response;
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
after(async () => {
  server.closeAllConnections();
  server.close();
  await scene.close();
});

const send = (id: string, event: string, data: object): void =>
  void connected?.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
const state = (...stages: readonly string[]): object => ({
  name: 'x',
  state: releaseOf({ stages: stages.map((name) => ({ name, status: 'running', startedAt: 0 })) }),
});
const connectedTimes = (times: number) => eventually(() => assert.equal(asked.length, times));

test('release show --follow says what changes, through a cut connection, and ends as the release does', async () => {
  asked.length = 0;
  const running = scene.run(['release', 'show', `flights/${COMMIT}`, '--follow', '--url', url]);
  await connectedTimes(1);
  send('p-1', 'reset', { releases: [releaseOf()], environments: [], approvals: [] });
  send('p-2', 'release', state('package'));
  await eventually(() => assert.ok(connected!.writableLength === 0));
  connected?.destroy();
  await connectedTimes(2);
  assert.match(String(asked[1]), /^p-[12]$/);
  send('p-3', 'release', state('package', 'deploy'));
  const asks = { id: '000001-a', kind: 'question', by: 'reviewer', at: 0, text: 'why?\nsay' };
  for (const id of ['p-4', 'p-5'])
    send(id, 'release', { name: 'x', state: releaseOf({ stages: [], comments: [asks] }) });
  answer = releaseOf({ outcome: 'rejected', endedAt: 5, stages: [] });
  send('end', 'end', { outcome: 'rejected' });
  const { exit, stdout } = await running;
  assert.equal(exit, 3);
  const lines = stdout.split('\n');
  assert.deepEqual(
    ['integrate passed', 'build running', 'package running', 'deploy running'].map(
      (line) => lines.filter((one) => one.includes(line)).length,
    ),
    [1, 1, 1, 1],
  );
  assert.equal(stdout.match(/^1970-01-01 00:00:00 reviewer asks: why\?\n      say$/gm)?.length, 1);
  assert.match(stdout, /rejected/);
});

test('status --watch shows the state again whenever something has changed', async () => {
  asked.length = 0;
  answer = { environments: [], sources: [], approvals: [], incidents: [] };
  let written = '';
  const running = scene.run(['status', '--watch', '--url', url], {
    streams: { stdout: { write: (text) => (written += text) }, stderr: { write: () => undefined } },
  });
  await connectedTimes(1);
  send('p-1', 'reset', {});
  await eventually(() => assert.equal(written.match(/waiting for people: nothing/g)?.length, 1));
  send('p-2', 'approval', { name: 'x', state: {} });
  await eventually(() => assert.equal(written.match(/waiting for people: nothing/g)?.length, 2));
  send('end', 'end', {});
  assert.equal((await running).exit, 0);
});

test('status --watch is no JSON document', async () => {
  assert.equal((await scene.run(['status', '--watch', '--json', '--url', url])).exit, 2);
});
