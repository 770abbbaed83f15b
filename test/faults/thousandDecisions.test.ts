/** Many people decide while everything that takes their word dies: an answer is a promise, and a click is one decision. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ferryFiles, ferrySpec, openProduct, type Product } from '../fixtures/product.js';
import { openBucket } from './bucket.js';

/** As many as a quorum can have. */
const PEOPLE = 20;
const RELEASES = 50;
const VICTIMS = ['api', 'worker-control', 'temporal'] as const;

const people = Array.from({ length: PEOPLE }, (_, index) => `reviewer-${index + 1}`);

describe(`given ${RELEASES} releases that ${PEOPLE} people have to approve, one after the other`, () => {
  let product: Product;
  before(async () => {
    product = await openProduct({
      workers: 1,
      operator: {
        // They click ten times a second while nothing answers.
        limits: { perMinute: { decisions: 100_000 } },
        identities: [
          { name: 'author', roles: ['author'], gitEmails: ['author@example.test'] },
          { name: 'oncall', roles: ['oncall', 'operator'], gitEmails: ['oncall@example.test'] },
          ...people.map((name) => ({ name, roles: ['reviewer'], gitEmails: [`${name}@example.test`] })),
        ],
      },
    });
  });
  after(() => product.close());

  it('F14: when API, worker or Temporal is killed while they click, then no decision is lost, and none counts twice', async (test) => {
    const spec = ferrySpec({
      'production, approval: automatic': `production, approval: { roles: [reviewer], quorum: ${PEOPLE} }`,
    });
    const acknowledged: string[] = [];
    let clicks = 0;
    const approve = async (release: string, person: string): Promise<void> => {
      const body = JSON.stringify({ decision: 'approve', reason: '', environment: 'production' });
      for (;;) {
        clicks += 1;
        const answer = await fetch(`${product.url('api')}/api/v1/releases/${release}/decisions`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${product.token(person)}`,
            'content-type': 'application/json',
            'idempotency-key': `${person}-approves`,
          },
          body,
        }).catch(() => undefined);
        const said = await answer?.json().catch(() => undefined);
        if (answer?.status === 200) return void acknowledged.push((said as { jti: string }).jti);
        const { retryable, instance } = (said ?? { retryable: true }) as { retryable: boolean; instance?: string };
        assert.ok(retryable, `${person} was refused: ${JSON.stringify(said)}\n${loggedOf(product.home, instance)}`);
        await delay(100);
      }
    };
    for (let number = 1; number <= RELEASES; number += 1) {
      const commit = product.repository.commit(ferryFiles({ 'slipway.yaml': spec, 'version.txt': `${number}\n` }));
      const release = await product.releaseOf(commit);
      const { outcome, reason } = await product.untilRelease(
        release,
        (view) => view.waiting !== undefined || view.outcome !== undefined,
      );
      assert.equal(outcome, undefined, reason);
      const victim = VICTIMS[number % VICTIMS.length] ?? 'api';
      await Promise.all([
        ...people.slice(0, PEOPLE / 2).map((person) => approve(release, person)),
        product.kill9(victim),
        ...people.slice(PEOPLE / 2).map((person) => approve(release, person)),
      ]);
      const ended = await product.untilEnded(release);
      assert.equal(ended.outcome, 'promoted', ended.reason);
      const counted = ended.decisions.filter((decision) => decision.counted);
      assert.deepEqual(counted.map(({ subject }) => subject).sort(), [...people].sort());
    }
    assert.equal(new Set(acknowledged).size, RELEASES * PEOPLE);
    const used = await openBucket(product, 'slipway').keys('decisions/');
    assert.deepEqual(
      used
        .filter((key) => /^decisions\/[^/]+$/.test(key))
        .map((key) => key.slice('decisions/'.length))
        .sort(),
      [...acknowledged].sort(),
      'each acknowledged decision took its single use, and nothing else did',
    );
    test.diagnostic(
      `${acknowledged.length} decisions in ${clicks} clicks over ${RELEASES} kills: none lost, none counted twice`,
    );
  });
});

/** What the API wrote of one request. */
const loggedOf = (home: string, instance = 'urn:uuid:none'): string =>
  readFileSync(join(home, 'logs', 'api.log'), 'utf8')
    .split('\n')
    .filter((line) => line.includes(instance.slice('urn:uuid:'.length)))
    .join('\n');
