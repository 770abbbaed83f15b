import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COMMIT, digestOf, NOW, openScene, readClaims, startRelease, waitingFor } from './scene.js';

interface Receipt {
  readonly jti: string;
  readonly counted: boolean;
  readonly state: string;
  readonly code: string;
}

const waitingScene = async (now?: () => number) => {
  const scene = openScene(now === undefined ? {} : { now });
  const url = await startRelease(scene, COMMIT, 'production');
  const decide = async (person: 'author' | 'reviewer', body: object, headers: Record<string, string> = {}) => {
    const answer = await scene.ask(person, 'POST', `${url}/decisions`, body, headers);
    return { status: answer.statusCode, ...answer.json<Receipt>() };
  };
  return { ...scene, url, decide };
};

describe('a decision', () => {
  it('names exactly what the release waits with, and who says so', async () => {
    const { decide, decided } = await waitingScene();
    const receipt = await decide('reviewer', { decision: 'approve', reason: 'looks good' });
    assert.deepEqual([receipt.status, receipt.counted, receipt.state], [200, true, 'approved']);
    const [claims] = decided;
    assert.deepEqual(claims, {
      workflowId: `release/flights/${COMMIT}`,
      model: 'flights',
      env: 'production',
      gate: 'approve.production',
      epoch: 3,
      artifactDigest: digestOf('1'),
      evidenceDigest: digestOf('2'),
      policyDigest: digestOf('3'),
      planDigest: digestOf('4'),
      inputsDigest: digestOf('5'),
      iss: 'slipway',
      aud: 'here',
      sub: 'reviewer',
      roles: ['reviewer'],
      iat: NOW / 1000,
      exp: NOW / 1000 + 900,
      jti: receipt.jti,
      decision: 'approve',
      reason: 'looks good',
    });
    assert.match(receipt.jti, /^[A-Za-z0-9_-]{8,64}$/);
  });

  it('that the release refuses keeps its code', async () => {
    const { decide, releases } = await waitingScene();
    const refused = await decide('author', { decision: 'approve' });
    assert.deepEqual([refused.status, refused.code], [403, 'self_approval']);
    assert.equal(
      releases.get(`release/flights/${COMMIT}`)?.decisions[0]?.refusal,
      'self_approval',
      'and is recorded there',
    );
  });

  it('that rejects needs a reason', async () => {
    const { decide, decided } = await waitingScene();
    const refused = await decide('reviewer', { decision: 'reject', reason: '  ' });
    assert.deepEqual([refused.status, refused.code, decided.length], [422, 'reason_required', 0]);
    assert.equal((await decide('reviewer', { decision: 'reject', reason: 'too risky' })).state, 'rejected');
  });

  it('on what does not wait, or waits for another place, is refused', async () => {
    const { decide, decided, releases } = await waitingScene();
    assert.equal((await decide('reviewer', { decision: 'approve', environment: 'staging' })).code, 'not_waiting');
    const { waiting: _, ...running } = releases.get(`release/flights/${COMMIT}`)!;
    releases.set(running.releaseId, running);
    const refused = await decide('reviewer', { decision: 'approve' });
    assert.deepEqual([refused.status, refused.code, decided.length], [409, 'not_waiting', 0]);
  });

  it('clicked twice is one decision, with one receipt', async () => {
    const { decide, decided, releases } = await waitingScene();
    const key = { 'idempotency-key': 'click-1' };
    const first = await decide('reviewer', { decision: 'approve' }, key);
    const again = await decide('reviewer', { decision: 'approve' }, key);
    assert.deepEqual(again, first);
    assert.equal(decided.length, 1);
    // The next environment is another question; the old key must not answer it.
    releases.set(
      `release/flights/${COMMIT}`,
      waitingFor({ ...releases.get(`release/flights/${COMMIT}`)!, decisions: [] }, 'staging'),
    );
    await decide('reviewer', { decision: 'approve' }, { 'idempotency-key': 'click-2' });
    assert.equal(decided.length, 2);
    assert.notEqual(decided[1]?.jti, decided[0]?.jti);
  });

  it('clicked twice at once is one decision, with one receipt', async () => {
    let now = NOW;
    const { decide, releases, decided, ports } = await waitingScene(() => (now += 1000));
    // Both have seen that the release waits before either is delivered.
    const sign = ports.decisions.sign.bind(ports.decisions);
    let bothSign: () => void = () => undefined;
    const both = new Promise<void>((resolve) => (bothSign = resolve));
    let signing = 0;
    const meet = async (claims: Parameters<typeof sign>[0]): Promise<string> => {
      if (++signing === 2) bothSign();
      await both;
      return sign(claims);
    };
    Object.assign(ports.decisions, { sign: meet });
    const key = { 'idempotency-key': 'click-1' };
    const [first, second] = await Promise.all([
      decide('reviewer', { decision: 'approve' }, key),
      decide('reviewer', { decision: 'approve' }, key),
    ]);
    assert.deepEqual(first, second);
    assert.equal(decided.length, 2, 'both were delivered');
    assert.equal(first.status, 200);
    const counted = releases.get(`release/flights/${COMMIT}`)?.decisions.filter((record) => record.counted);
    assert.equal(counted?.length, 1);
    assert.equal(
      (await decide('reviewer', { decision: 'approve' }, { 'idempotency-key': 'other' })).code,
      'not_waiting',
    );
  });

  it('can be had as a text to paste, which is not delivered', async () => {
    const { ask, url, decided } = await waitingScene();
    const answer = await ask('reviewer', 'POST', `${url}/decisions/token`, {
      decision: 'approve',
      reason: 'from the Web UI',
    });
    const { statement, workflowId, expiresAt } = answer.json<{
      statement: string;
      workflowId: string;
      expiresAt: number;
    }>();
    assert.deepEqual([workflowId, expiresAt, decided.length], [`release/flights/${COMMIT}`, NOW + 900_000, 0]);
    assert.deepEqual([readClaims(statement).sub, readClaims(statement).reason], ['reviewer', 'from the Web UI']);
  });

  it('while the engine is gone is clearly not accepted', async () => {
    const { decide, workflows, decided } = await waitingScene();
    const { SlipwayError } = await import('../../src/domain/errors/slipwayError.js');
    workflows.fail(new SlipwayError('temporal_unreachable', 'gone'));
    assert.equal((await decide('reviewer', { decision: 'approve' })).status, 503);
    assert.equal(decided.length, 0);
  });
});

describe('GET /approvals', () => {
  it('shows what waits, and whether it waits for me', async () => {
    const { ask } = await waitingScene();
    const mine = async (person: 'author' | 'reviewer') =>
      (await ask(person, 'GET', '/api/v1/approvals')).json<{
        approvals: { releaseId: string; environment: string; mine: boolean }[];
      }>().approvals;
    assert.deepEqual(
      (await mine('reviewer')).map(({ releaseId, environment, mine: me }) => [releaseId, environment, me]),
      [[`release/flights/${COMMIT}`, 'production', true]],
    );
    assert.equal((await mine('author'))[0]?.mine, false);
  });
});
