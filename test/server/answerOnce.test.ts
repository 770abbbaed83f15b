import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COMMIT, openScene, startRelease, type Person } from './scene.js';

const DAY_MS = 86_400_000;
const ROLLBACK = '/api/v1/models/flights/environments/production/rollback';
interface Told {
  readonly code?: string;
  readonly jti?: string;
  readonly statement?: string;
  readonly started?: boolean;
}

const keyed =
  (scene: ReturnType<typeof openScene>) => async (person: Person, url: string, body: object, key: string) => {
    const answer = await scene.ask(person, 'POST', url, body, { 'idempotency-key': key });
    return { status: answer.statusCode, ...answer.json<Told>() };
  };
const keptIn = (scene: ReturnType<typeof openScene>) => scene.store.listDocuments('idempotency/');

describe('a request with an Idempotency-Key', () => {
  it('gets the first answer again, also of another API process', async () => {
    const scene = openScene();
    const first = await keyed(scene)('author', '/api/v1/releases', { model: 'flights' }, 'one');
    assert.deepEqual([first.status, first.started], [202, true]);
    const other = openScene({ store: scene.store });
    assert.deepEqual(await keyed(other)('author', '/api/v1/releases', { model: 'flights' }, 'one'), first);
    assert.equal(other.workflows.started.length, 0, 'nothing was started a second time');
    const without = await scene.ask('author', 'POST', '/api/v1/releases', { model: 'flights' });
    assert.equal(without.json<Told>().started, false);
  });

  it('is refused when the key comes with another body, and changes nothing', async () => {
    const scene = openScene();
    const ask = keyed(scene);
    await ask('author', '/api/v1/releases', { model: 'flights' }, 'one');
    const reused = await ask('author', '/api/v1/releases', { model: 'flights', commit: COMMIT }, 'one');
    assert.deepEqual([reused.status, reused.code], [422, 'idempotency_key_reused']);
    assert.equal(scene.workflows.started.length, 1);
  });

  it("is nobody else's, and no other route's", async () => {
    const scene = openScene();
    const url = await startRelease(scene, COMMIT, 'production');
    const ask = keyed(scene);
    const mine = await ask('author', `${url}/decisions`, { decision: 'approve' }, 'one');
    assert.deepEqual([mine.status, mine.code], [403, 'self_approval']);
    assert.equal((await ask('reviewer', `${url}/decisions`, { decision: 'approve' }, 'one')).status, 200);
    assert.equal((await ask('operator', `${url}/cancel`, {}, 'one')).status, 202);
  });

  it('that was refused is judged again', async () => {
    const scene = openScene();
    const ask = keyed(scene);
    assert.equal((await ask('oncall', ROLLBACK, { reason: 'worse' }, 'one')).code, 'nothing_to_roll_back');
    assert.equal((await ask('oncall', ROLLBACK, { reason: 'other' }, 'one')).code, 'idempotency_key_reused');
    assert.equal((await ask('oncall', ROLLBACK, { reason: 'worse' }, 'one')).code, 'nothing_to_roll_back');
  });

  it('that is under way twice at once is one decision', async () => {
    const scene = openScene();
    const url = `${await startRelease(scene, COMMIT, 'production')}/decisions`;
    const both = await Promise.all([1, 2].map(() => keyed(scene)('reviewer', url, { decision: 'approve' }, 'click')));
    assert.deepEqual(
      both.map(({ status }) => status),
      [200, 200],
    );
    assert.equal(both[0]?.jti, both[1]?.jti);
    assert.equal(scene.releases.get(`release/flights/${COMMIT}`)?.decisions.filter(({ counted }) => counted).length, 1);
  });

  it('counts for a day at least, and is forgotten after two', async () => {
    let now = Date.UTC(2026, 0, 10, 23, 59);
    const scene = openScene({ now: () => now });
    const ask = (commit?: string) =>
      keyed(scene)(
        'author',
        '/api/v1/releases',
        { model: 'flights', ...(commit === undefined ? {} : { commit }) },
        'a',
      );
    await ask();
    now += DAY_MS;
    assert.equal((await ask(COMMIT)).code, 'idempotency_key_reused');
    now += DAY_MS;
    assert.equal((await ask(COMMIT)).status, 202);
    const kept = await keptIn(scene);
    assert.deepEqual(
      kept.map((key) => key.split('/')[1]),
      ['2026-01-12'],
    );
  });

  it('leaves no secret in the store', async () => {
    const scene = openScene();
    const url = await startRelease(scene, COMMIT, 'production');
    const token = await keyed(scene)('reviewer', `${url}/decisions/token`, { decision: 'approve' }, 'one');
    const again = await keyed(scene)('reviewer', `${url}/decisions/token`, { decision: 'approve' }, 'one');
    assert.equal(token.statement, again.statement, 'the same key is the same statement, signed anew');
    assert.deepEqual(await keptIn(scene), []);
    await keyed(scene)('reviewer', `${url}/decisions`, { decision: 'approve', reason: 'a private reason' }, 'two');
    for (const key of await keptIn(scene)) {
      const text = Buffer.from((await scene.store.getDocument(key))!).toString();
      assert.doesNotMatch(text, /signed:|private reason/);
    }
  });
});

describe('a change with If-Match', () => {
  it('is made in the state that was seen, and refused in another', async () => {
    const scene = openScene();
    const url = await startRelease(scene, COMMIT, 'production');
    const etag = String((await scene.ask('reviewer', 'GET', url)).headers['etag']);
    const decide = (match: string) =>
      scene.ask('reviewer', 'POST', `${url}/decisions`, { decision: 'approve' }, { 'if-match': match });
    const stale = await decide('"another"');
    assert.deepEqual([stale.statusCode, stale.json<Told>().code], [412, 'state_changed']);
    assert.equal(scene.decided.length, 0);
    assert.equal((await decide(`"another", ${etag}`)).statusCode, 200);
    assert.equal((await decide(etag)).statusCode, 412, 'the decision changed it');
  });

  it('is refused where no state is named', async () => {
    const scene = openScene();
    const answer = await scene.ask('author', 'POST', '/api/v1/releases', { model: 'flights' }, { 'if-match': '"x"' });
    assert.deepEqual([answer.statusCode, answer.json<Told>().code], [400, 'request_invalid']);
  });
});
