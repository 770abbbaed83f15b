import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createLookForComments } from '../../activities/lookForComments.js';
import { testPorts } from '../fakes/ports.js';

it('finds what was said of this release since, without its words', async () => {
  const ports = testPorts();
  const keep = (release: string, id: string, by: string) =>
    ports.store.createDocument(
      `releases/${release}/comments/${id}.json`,
      Buffer.from(JSON.stringify({ id, kind: 'question', by, at: 7, text: 'why?' })),
    );
  await keep('m/c', '000001-a', 'reviewer');
  await keep('m/c', '000002-b', 'oncall');
  await keep('m/c.2', '000003-c', 'author');
  const look = createLookForComments(ports);
  const found = await look({ releaseId: 'release/m/c' });
  assert.deepEqual(found, [
    { id: '000001-a', kind: 'question', by: 'reviewer', at: 7 },
    { id: '000002-b', kind: 'question', by: 'oncall', at: 7 },
  ]);
  assert.deepEqual(
    (await look({ releaseId: 'release/m/c', after: '000001-a' })).map(({ by }) => by),
    ['oncall'],
  );
  assert.deepEqual(await look({ releaseId: 'release/m/c', after: '000002-b' }), []);
});

it('tells the first of many, by where they lie and not by what they call themselves, and none that the API did not write', async () => {
  const ports = testPorts();
  const keep = (id: string, said: unknown) =>
    ports.store.createDocument(`releases/m/c/comments/${id}.json`, Buffer.from(JSON.stringify(said)));
  await keep('000001-a', { id: 'x'.repeat(1_000_000), kind: 'comment', by: 'author', at: 1 });
  await keep('000002-b', { kind: 'comment', by: 'y'.repeat(1_000_000), at: 1 });
  await keep('000003-c', { kind: 'order', by: 'author', at: 1 });
  await keep('000004-d', null);
  for (let place = 5; place < 100; place += 1)
    await keep(`${String(place).padStart(6, '0')}-e`, { kind: 'comment', by: 'author', at: 1 });
  const found = await createLookForComments(ports)({ releaseId: 'release/m/c' });
  assert.deepEqual(
    [found.length, found[0]?.id, found[1]?.id, found.at(-1)?.id],
    [50, '000001-a', '000005-e', '000053-e'],
  );
});
