/** What a reviewer is shown, where somebody who can write to the store changes what lies there. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canonicalJson } from '../../src/domain/canonical.js';
import { asksFor, COMMIT, digestOf, openScene, startRelease, waitingFor } from './scene.js';

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(canonicalJson(value));
const gate = (reason: string) => ({
  results: [{ gate: 'quality', verdict: 'pass', rules: [{ rule: 'brier', verdict: 'pass', reason }] }],
  evidence: { rows: 10, metrics: { brier: 0.1 } },
});
const SIGNED = { model: 'flights', specDigest: digestOf('7'), stages: { 'gate.staging': gate('as it was measured') } };
const OTHER = { model: 'flights', stages: { 'gate.staging': gate('as somebody wrote it') } };
const prospect = (next: string) => ({ environment: 'production', differences: [], more: 0, next: [next] });
const AT = `releases/flights/${COMMIT}`;

const waitingScene = async () => {
  const scene = openScene();
  const url = await startRelease(scene);
  const view = waitingFor(scene.releases.get(`release/flights/${COMMIT}`)!, 'production');
  const { digest: evidenceDigest } = await scene.store.putBlob(encode(SIGNED));
  const shown = await scene.store.putBlob(encode({ prospect: prospect('as it was worked out'), steps: [] }));
  const subject = { ...view.waiting!.subject, evidenceDigest };
  const waiting = { ...view, waiting: { ...view.waiting!, subject } };
  await asksFor(scene, waiting, { shown: shown.digest });
  const get = (path = '') => scene.ask('reviewer', 'GET', `${url}${path}`);
  return { ...scene, url, view: waiting, evidenceDigest, get };
};

describe('a reviewer whose release waits', () => {
  it('sees the evidence that would be signed, whatever the documents beside it say', async () => {
    const { get, store } = await waitingScene();
    await store.putDocument(`${AT}/evidence.json`, encode(OTHER));
    await store.putDocument(`${AT}/report.html`, new TextEncoder().encode('as somebody wrote it'));
    await store.putDocument(`${AT}/prospect.json`, encode(prospect('as somebody wrote it')));
    assert.deepEqual((await get('/evidence')).rawPayload, Buffer.from(encode(SIGNED)));
    const report = await get('/report');
    assert.match(report.body, /as it was measured[^]*as it was worked out|as it was worked out[^]*as it was measured/);
    assert.match(String(report.headers['content-security-policy']), /default-src 'none'.*sandbox/);
    const { prospect: told } = (await get()).json<{ prospect: { next: string[] } }>();
    assert.deepEqual(told.next, ['as it was worked out']);
    for (const { body } of [report, await get()]) assert.doesNotMatch(body, /as somebody wrote it/);
  });

  it('sees nothing where the bytes under its digest were changed', async () => {
    const { get, store, evidenceDigest } = await waitingScene();
    const key = [...store.objects.keys()].find((one) => one.endsWith(evidenceDigest.slice(7)))!;
    store.damage(key);
    for (const path of ['/evidence', '/report']) {
      const { statusCode, body } = await get(path);
      assert.ok(statusCode >= 400 && body.includes('digest_mismatch'), body);
    }
  });

  it('sees nothing where a release says that it waits with what nobody was asked about', async () => {
    const { get, store, releases, view } = await waitingScene();
    const { digest: evidenceDigest } = await store.putBlob(encode(OTHER));
    const subject = { ...view.waiting.subject, evidenceDigest };
    releases.set(view.releaseId, { ...view, waiting: { ...view.waiting, subject } });
    for (const path of ['/evidence', '/report'])
      assert.equal((await get(path)).json<{ code: string }>().code, 'subject_unproven');
    assert.equal((await get()).json<{ prospect?: unknown }>().prospect, undefined);
  });

  it('sees nothing where the ledger was changed', async () => {
    const { get, view, ports } = await waitingScene();
    const read = ports.ledger.read.bind(ports.ledger);
    Object.assign(ports.ledger, {
      read: async (stream: string) => (await read(stream)).map((entry) => ({ ...entry, seq: entry.seq + 1 })),
    });
    assert.equal((await get('/evidence')).json<{ code: string }>().code, 'ledger_tampered', view.releaseId);
  });

  it('signs nothing else than what was looked at', async () => {
    const { ask, url, decided, evidenceDigest } = await waitingScene();
    for (const path of ['/decisions', '/decisions/token']) {
      const refused = await ask('reviewer', 'POST', `${url}${path}`, { decision: 'approve', evidence: digestOf('9') });
      assert.deepEqual([refused.statusCode, refused.json<{ code: string }>().code], [409, 'evidence_not_shown']);
    }
    assert.equal(decided.length, 0);
    const counted = await ask('reviewer', 'POST', `${url}/decisions`, {
      decision: 'approve',
      evidence: evidenceDigest,
    });
    assert.equal(counted.statusCode, 200, counted.body);
    assert.equal(decided[0]?.evidenceDigest, evidenceDigest);
  });
});
