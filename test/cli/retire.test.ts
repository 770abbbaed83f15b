import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { COMMIT, openCliScene } from './scene.js';

const scene = await openCliScene();
after(() => scene.close());

const digest = (beginning: string): string => `sha256:${beginning.padEnd(64, '0')}`;
const version = { artifactDigest: digest('abcd12'), releaseId: `release/flights/${COMMIT}`, commit: COMMIT };
const PLAN = {
  ...{ model: 'flights', environment: 'production', epoch: 9, plan: digest('9'), from: version, servedSince: 60_000 },
  traffic: { since: 0, requests: 41, failures: 2 },
  releases: ['release/flights/dddd'],
  schedules: ['drift/flights/production', 'target/flights/production'],
  incidents: [{ incidentId: 'incident/flights/production/drift.hour', status: 'open' }],
};
const retire = (...words: readonly string[]) => scene.run(['retire', 'flights', '--from', 'production', ...words]);
/** The plan, the acceptance, and then what the environment is. */
const answering = (place: object) =>
  scene.answers(({ method, path }) => {
    if (path.endsWith('/retirement-plan')) return { json: PLAN };
    return { json: method === 'POST' ? { requestId: 'r', from: version, by: 'operator', until: 3_600_000 } : place };
  });

describe('retire', () => {
  test('shows what it takes away and ends, and asks for exactly that', async () => {
    answering({ epoch: 10, serving: { versions: [] }, history: [{ requestId: 'r', outcome: 'retired', reason: 'x' }] });
    const ran = await retire('--reason', 'over');
    assert.equal(ran.exit, 0, ran.stderr);
    const posted = scene.asked.find(({ method }) => method === 'POST');
    assert.deepEqual(posted?.body, { reason: 'over', plan: digest('9') });
    assert.match(ran.stdout, /flights has left production: abcd12000000 serves nobody/);
    for (const line of [
      /^retirement of flights from production, at epoch 9$/m,
      /^ {2}takes away abcd12000000 .*which serves since 1970-01-01 00:01:00$/m,
      /^ {2}41 requests in .*, 2 of them failed$/m,
      /^supersedes flights\/dddd, which is on its way there$/m,
      /^ends incident\/flights\/production\/drift.hour \(open\)$/m,
      /^deletes the Schedule drift\/flights\/production$/m,
    ])
      assert.match(ran.stderr, line);
  });

  test('says until when its word counts, where nobody waits for its end', async () => {
    answering({});
    const ran = await retire('--reason', 'over', '--no-wait');
    assert.equal(ran.exit, 0, ran.stderr);
    assert.match(ran.stdout, /flights leaves production: abcd12000000 goes, by a word that counts until 1970-01-01/);
  });

  test('with --plan does nothing', async () => {
    scene.answers(() => ({ json: PLAN }));
    const planned = await retire('--plan', '--json');
    assert.deepEqual([planned.exit, JSON.parse(planned.stdout), scene.asked.length], [0, PLAN, 1]);
  });

  test('needs a reason', async () => {
    scene.answers(() => ({ json: PLAN }));
    const ran = await retire();
    assert.deepEqual([ran.exit, scene.asked.length], [2, 0]);
  });

  test('says what is under way, and that it is refused', async () => {
    scene.answers(({ method }) =>
      method === 'GET'
        ? { json: { ...PLAN, underWay: { kind: 'release', version, by: 'author', epoch: 9 } } }
        : { problem: 'rollout_active' },
    );
    const ran = await retire('--reason', 'over');
    assert.deepEqual([ran.exit, /^rollout_active: /m.test(ran.stderr)], [3, true]);
    assert.match(
      ran.stderr,
      /! refused while the release of .* is under way \(epoch 9, by author\): abort it, or wait/,
    );
  });

  test('says that the traffic was given back', async () => {
    const reason = 'target_unreachable: no node';
    answering({ champion: version, history: [{ requestId: 'r', outcome: 'rolled_back', reason }] });
    const ran = await retire('--reason', 'over');
    assert.deepEqual(
      [ran.exit, /flights has not left production: rolled_back, target_unreachable/.test(ran.stdout)],
      [11, true],
    );
  });
});

test('status says who retired a model, and when', async () => {
  const retired = { by: 'operator', reason: 'over', at: 0, epoch: 10, version };
  const place = { model: 'flights', environment: 'production', epoch: 10, retired, serving: null };
  scene.answers(() => ({ json: { environments: [place], sources: [], approvals: [], incidents: [] } }));
  const ran = await scene.run(['status']);
  assert.match(ran.stdout, /^flights in production was retired by operator: over \(1970-01-01 00:00:00\)$/m);
});
