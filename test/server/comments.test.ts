import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_COMMENTS, MAX_COMMENTS_OF_ONE, type Comment } from '../../src/domain/release/comment.js';
import { COMMIT, openScene, startRelease, type Person } from './scene.js';

const open = async () => {
  const scene = openScene();
  const url = `${await startRelease(scene, COMMIT, 'production')}/comments`;
  const say = async (person: Person, body: object, key?: string) => {
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
    const answer = await scene.ask(person, 'POST', url, body, headers);
    return { status: answer.statusCode, ...answer.json<{ comment: Comment; code: string }>() };
  };
  const list = async (query = '') =>
    (await scene.ask('guest', 'GET', `${url}${query}`)).json<{ comments: readonly Comment[]; cursor?: string }>();
  return { ...scene, url, say, list };
};

describe('a comment', () => {
  it('is kept in the order in which it was said, with who said it, and decides nothing', async () => {
    const { say, list, decided } = await open();
    await say('reviewer', { kind: 'question', text: 'why another seed?' });
    await say('author', { text: 'the old one was\u001b[31m lucky' });
    assert.deepEqual(
      (await list()).comments.map(({ by, kind, text }) => [by, kind, text]),
      [
        ['reviewer', 'question', 'why another seed?'],
        ['author', 'comment', 'the old one was\u001b[31m lucky'],
      ],
    );
    assert.equal(decided.length, 0);
  });

  it('is listed page by page', async () => {
    const { say, list } = await open();
    for (const text of ['one', 'two', 'three']) await say('author', { text });
    const first = await list('?limit=2');
    const second = await list(`?limit=2&cursor=${first.cursor}`);
    assert.deepEqual(
      [first, second].map(({ comments }) => comments.map(({ text }) => text)),
      [['one', 'two'], ['three']],
    );
    assert.equal(second.cursor, undefined);
  });

  it('asked for again is the same one, also where the first answer was never kept', async () => {
    const { say, list, store } = await open();
    const first = await say('author', { text: 'once' }, 'key');
    for (const key of await store.listDocuments('idempotency/')) await store.deleteDocument(key);
    await say('oncall', { text: 'between' }, 'key');
    const again = await say('author', { text: 'once' }, 'key');
    assert.deepEqual(again.comment, first.comment);
    assert.deepEqual(
      (await list()).comments.map(({ text }) => text),
      ['once', 'between'],
    );
  });

  it('is said also when the release has ended', async () => {
    const { say, store, releases } = await open();
    const view = { ...releases.get(`release/flights/${COMMIT}`)!, outcome: 'promoted' };
    await store.putDocument(`releases/flights/${COMMIT}/release.json`, Buffer.from(JSON.stringify(view)));
    assert.equal((await say('guest', { text: 'well done' })).status, 201);
  });

  it('is in the report, also when it is made after that was written', async () => {
    const { say, store, ask, url, releases } = await open();
    const { waiting: _, ...goesOn } = releases.get(`release/flights/${COMMIT}`)!;
    releases.set(`release/flights/${COMMIT}`, goesOn);
    await store.putDocument(`releases/flights/${COMMIT}/report.html`, Buffer.from('<main><h1>flights</h1></main>'));
    const report = async () => (await ask('guest', 'GET', url.replace(/comments$/, 'report'))).body;
    assert.equal(await report(), '<main><h1>flights</h1></main>');
    await say('reviewer', { kind: 'question', text: 'why <b>another</b> seed?' });
    assert.match(
      await report(),
      /<td>reviewer<\/td><td>question<\/td><td>why &lt;b&gt;another&lt;\/b&gt; seed\?<\/td>/,
    );
  });

  it('has its bounds: its length, its number, and a release to be about', async () => {
    const { say, store, ask, url } = await open();
    for (const text of ['', '  ', 'x'.repeat(2001)])
      assert.equal((await say('author', { text })).code, 'request_invalid');
    const nowhere = await ask('author', 'POST', url.replace(COMMIT, 'c'.repeat(40)), { text: 'hello' });
    assert.equal(nowhere.json<{ code: string }>().code, 'not_found');
    for (let place = 1; place <= MAX_COMMENTS; place += 1) {
      const key = `releases/flights/${COMMIT}/comments/${String(place).padStart(6, '0')}-x.json`;
      await store.createDocument(key, Buffer.from('{}'));
    }
    assert.equal((await say('author', { text: 'one more' })).code, 'comments_full');
  });

  it('is one of so many of a person: nobody closes a release to the questions of others', async () => {
    const { say } = await open();
    for (let nth = 1; nth <= MAX_COMMENTS_OF_ONE; nth += 1)
      assert.equal((await say('guest', { text: `${nth}` }, `key-${nth}`)).status, 201);
    assert.equal((await say('guest', { text: 'one more' })).code, 'comments_own_full');
    // A repeat of one that is kept is no new one.
    assert.equal((await say('guest', { text: '1' }, 'key-1')).status, 201);
    assert.equal((await say('author', { kind: 'question', text: 'may I?' })).status, 201);
  });
});
