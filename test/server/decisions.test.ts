import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asksFor, COMMIT, digestOf, NOW, openScene, readClaims, startRelease, waitingFor } from './scene.js';

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

describe('what is not signed', () => {
  const there = `release/flights/${COMMIT}`;
  const LIES: readonly (readonly [string, object])[] = [
    ['another release', { workflowId: `release/flights/${'b'.repeat(40)}` }],
    ['another model', { model: 'trains' }],
    ['another environment', { env: 'test', gate: 'approve.test' }],
    ['another gate', { gate: 'approve.test' }],
    ['other evidence than was asked for', { evidenceDigest: digestOf('9') }],
    ['another artifact', { artifactDigest: digestOf('9') }],
    ['another policy', { policyDigest: digestOf('9') }],
  ];
  for (const [name, lie] of LIES)
    it(`is what a release says that it waits with, where that is ${name}`, async () => {
      const { decide, decided, releases, ask, url } = await waitingScene();
      const view = releases.get(there)!;
      releases.set(there, {
        ...view,
        waiting: { ...view.waiting!, subject: { ...view.waiting!.subject, ...lie } },
      });
      const refused = await decide('reviewer', { decision: 'approve' });
      assert.deepEqual([refused.status, refused.code, decided], [409, 'subject_unproven', []]);
      const token = await ask('reviewer', 'POST', `${url}/decisions/token`, { decision: 'approve' });
      assert.equal(token.statusCode, 409);
    });

  it('is what was asked before something else was', async () => {
    const { decide, ports, releases } = await waitingScene();
    const { subject } = releases.get(there)!.waiting!;
    const later = { ...subject, evidenceDigest: digestOf('9') };
    await ports.ledger.append(there, 'asked/again', 'approval.asked', NOW, later);
    assert.equal((await decide('reviewer', { decision: 'approve' })).code, 'subject_unproven');
  });

  it('is an artifact that another release built, though it is what was asked for', async () => {
    const { decide, decided, ports } = await waitingScene();
    await ports.ledger.append(there, 'package/again', 'stage.package', NOW, { artifactDigest: digestOf('9') });
    assert.deepEqual([(await decide('reviewer', { decision: 'approve' })).code, decided], ['subject_unproven', []]);
  });

  it('is what a document in the store waits with', async () => {
    const { decide, store, releases } = await waitingScene();
    const planted = new TextEncoder().encode(JSON.stringify(releases.get(there)));
    await store.putDocument(`releases/flights/${COMMIT}/release.json`, planted);
    assert.equal((await decide('reviewer', { decision: 'approve' })).code, 'not_waiting');
  });
});

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

  it('that approves answers what the environment asks, and signs the answers', async () => {
    const { decide, decided, releases } = await waitingScene();
    const id = `release/flights/${COMMIT}`;
    const view = releases.get(id)!;
    const inputs = {
      ticket: { type: 'text', pattern: '[A-Z]+-\\d+' },
      plan: { type: 'choice', of: ['slow', 'fast'], default: 'slow' },
    } as const;
    releases.set(id, { ...view, waiting: { ...view.waiting!, inputs } });
    for (const body of [
      { decision: 'approve' },
      { decision: 'approve', inputs: { ticket: 'later' } },
      { decision: 'approve', inputs: { ticket: 'OPS-1', stranger: 1 } },
      { decision: 'reject', reason: 'no', inputs: { ticket: 'OPS-1' } },
    ]) {
      const refused = await decide('reviewer', body);
      assert.deepEqual([refused.status, refused.code], [422, 'inputs_invalid'], JSON.stringify(body));
    }
    assert.equal(decided.length, 0);
    await decide('reviewer', { decision: 'approve', inputs: { ticket: 'OPS-1' } });
    assert.deepEqual(decided[0]?.inputs, { ticket: 'OPS-1', plan: 'slow' });
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
    const { decide, decided, ports, releases } = await waitingScene();
    const key = { 'idempotency-key': 'click-1' };
    const first = await decide('reviewer', { decision: 'approve' }, key);
    const again = await decide('reviewer', { decision: 'approve' }, key);
    assert.deepEqual(again, first);
    assert.equal(decided.length, 1);
    // The next environment is another question; the old key must not answer it.
    const next = waitingFor({ ...releases.get(`release/flights/${COMMIT}`)!, decisions: [] }, 'staging');
    await asksFor({ ports, releases }, next);
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

  it('finds what waits however many run, page by page, each once', async () => {
    const scene = openScene();
    const name = (index: number): string => index.toString(16).padStart(40, '0');
    // The first ones wait: whatever began to run later is listed before them.
    for (let index = 0; index < 30; index += 1) await startRelease(scene, name(index), 'production');
    for (let index = 30; index < 180; index += 1) await startRelease(scene, name(index));
    const found: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const after = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const answer = await scene.ask('reviewer', 'GET', `/api/v1/approvals?limit=12${after}`);
      const page = answer.json<{ approvals: { releaseId: string }[]; cursor?: string }>();
      assert.ok(page.approvals.length <= 12 && page.approvals.length > 0);
      found.push(...page.approvals.map(({ releaseId }) => releaseId));
      cursor = page.cursor;
    }
    const expected = Array.from({ length: 30 }, (_, index) => `release/flights/${name(index)}`);
    assert.deepEqual(found.toSorted(), expected);
    const status = (await scene.ask('reviewer', 'GET', '/api/v1/status')).json<{ approvals: unknown[] }>();
    assert.equal(status.approvals.length, 30);
  });

  it('finds what began to wait before the engine lists that it does', async () => {
    const { ask, workflows } = await waitingScene();
    const list = workflows.list.bind(workflows);
    workflows.list = async (filter) => {
      const { workflows: all } = await list({ ...filter, searchAttributes: { SlipwayModel: 'flights' } });
      const late = all.map((one) => ({ ...one, searchAttributes: { SlipwayStage: 'package' } }));
      return { workflows: filter.searchAttributes?.['SlipwayStage'] === undefined ? late : [] };
    };
    const { approvals } = (await ask('reviewer', 'GET', '/api/v1/approvals')).json<{ approvals: unknown[] }>();
    assert.equal(approvals.length, 1);
  });

  it('waits for whom a place was handed to, and for whom time called in', async () => {
    const { ask, releases, people } = await waitingScene();
    people.push({ name: 'away', roles: ['reviewer'], gitEmails: [], deputies: ['oncall'] });
    const id = `release/flights/${COMMIT}`;
    const start = releases.get(id)!;
    const mine = async (waiting: object, decisions: readonly object[] = []): Promise<boolean | undefined> => {
      releases.set(id, { ...start, waiting: { ...start.waiting!, ...waiting }, decisions: decisions as never });
      return (await ask('oncall', 'GET', '/api/v1/approvals')).json<{ approvals: { mine: boolean }[] }>().approvals[0]
        ?.mine;
    };
    const handed = {
      ...{ at: NOW, jti: 'j', subject: 'away', decision: 'delegate', to: 'oncall', reason: '', counted: true },
    };
    assert.equal(await mine({}), false);
    assert.equal(await mine({}, [handed]), true);
    assert.equal(await mine({}, [{ ...handed, to: 'another' }]), false);
    assert.equal(await mine({ climbed: { reminders: 0, delegated: ['away'], escalated: false } }), true);
    assert.equal(await mine({ escalatedTo: ['oncall'] }), true);
  });

  it('waits for whom `approve` would let, and for nobody else who has the role', async () => {
    const { ask, releases, people } = await waitingScene();
    const id = `release/flights/${COMMIT}`;
    const start = releases.get(id)!;
    const mine = async (identity: object, waiting: object = {}): Promise<boolean | undefined> => {
      const at = people.findIndex(({ name }) => name === 'guest');
      people[at] = { name: 'guest', roles: ['reviewer'], gitEmails: [], ...identity };
      releases.set(id, { ...start, waiting: { ...start.waiting!, ...waiting } });
      return (await ask('guest', 'GET', '/api/v1/approvals')).json<{ approvals?: { mine: boolean }[] }>().approvals?.[0]
        ?.mine;
    };
    const wrote = (more: object) => ({
      authorship: { authors: ['author'], unknown: [], trigger: 'author', resumedBy: [], ...more },
    });
    assert.equal(await mine({}), true);
    assert.equal(await mine({}, wrote({ authors: ['guest'] })), false);
    assert.equal(await mine({ person: 'author' }), false, 'the same person as the author');
    assert.equal(await mine({}, wrote({ trigger: 'guest' })), false);
    assert.equal(await mine({}, wrote({ resumedBy: ['guest'] })), false);
    assert.equal(await mine({}, wrote({ unknown: ['x@example.test'] })), false, 'nobody can approve that');
    assert.equal(await mine({ kind: 'service' }), false);
    const silent = { climbed: { reminders: 0, delegated: ['away'], escalated: false } };
    people.push({ name: 'away', roles: ['reviewer'], gitEmails: [], deputies: ['guest'] });
    assert.equal(await mine({ roles: [] }, silent), true);
    assert.equal(await mine({ roles: [], person: 'author' }, silent), false, 'a deputy who wrote it');
    assert.equal(await mine({ roles: [] }, { ...silent, ...wrote({ authors: ['away'] }) }), false);
  });

  it('has first what waits for me and has waited longest, then what I have decided', async () => {
    const { ask, releases, ...scene } = await waitingScene();
    const ids = [COMMIT, 'c'.repeat(40), 'd'.repeat(40)].map((commit) => `release/flights/${commit}`);
    for (const id of ids.slice(1)) await startRelease({ ...scene, releases } as never, id.split('/')[2]!, 'production');
    const at = (id: string, since: number, decisions: readonly object[] = []): void => {
      const view = releases.get(id)!;
      releases.set(id, { ...view, waiting: { ...view.waiting!, since }, decisions: decisions as never });
    };
    const word = { at: 60, jti: 'j', subject: 'reviewer', decision: 'approve', reason: '', counted: true };
    at(ids[0]!, 50, [word]);
    at(ids[1]!, 200);
    at(ids[2]!, 100, [{ ...word, at: 99 }]);
    const { approvals } = (await ask('reviewer', 'GET', '/api/v1/approvals')).json<{
      approvals: { releaseId: string; decided: boolean }[];
    }>();
    assert.deepEqual(
      approvals.map(({ releaseId, decided }) => [releaseId, decided]),
      [
        [ids[2], false],
        [ids[1], false],
        [ids[0], true],
      ],
    );
  });
});
