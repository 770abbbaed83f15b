import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BakeAskedView } from '../../src/domain/release/types.js';
import { COMMIT, digestOf, NOW, openScene, startRelease, type Person } from './scene.js';

const ID = `release/flights/${COMMIT}`;
const asked: BakeAskedView = {
  ...{
    environment: 'production',
    owners: ['oncall'],
    since: NOW - 5,
    until: NOW + 10,
    reason: 'few labels',
    reminders: 0,
  },
};

/** A release that asks its owners, as its workflow and the ledger have it; `author` wrote it. */
const asking = async (bakeAsked: BakeAskedView | undefined = asked) => {
  const scene = openScene();
  const url = await startRelease(scene, COMMIT);
  const view = scene.releases.get(ID)!;
  scene.releases.set(ID, {
    ...view,
    ...{ outcome: 'provisional', artifactDigest: digestOf('1') },
    ...(bakeAsked === undefined ? {} : { bakeAsked }),
  });
  const found = Buffer.from(JSON.stringify({ authorship: { authors: ['author'], unknown: [], trigger: 'author' } }));
  const evidence = (await scene.store.putBlob(found)).digest;
  await scene.ports.ledger.append(ID, 'started', 'release.started', NOW, { trigger: 'author' });
  await scene.ports.ledger.append(ID, 'integrate', 'stage.integrate', NOW, { verdict: 'pass', evidence });
  const packaged = { verdict: 'pass', artifactDigest: digestOf('1') };
  await scene.ports.ledger.append(ID, 'package', 'stage.package', NOW, packaged);
  const say = async (word: 'confirm' | 'revert', person: Person): Promise<string | boolean | undefined> => {
    const { code, changed } = (await scene.ask(person, 'POST', `${url}/${word}`, { reason: 'sales' })).json<{
      code?: string;
      changed?: boolean;
    }>();
    return code ?? changed;
  };
  const written = async () =>
    (await scene.ports.ledger.read(ID))
      .filter(({ kind }) => kind.startsWith('bake.'))
      .map(({ kind, body }) => ({ kind, body }));
  return { scene, say, written };
};

describe('what becomes of a provisional release', () => {
  it('is written down before the release hears it, and a repeat is told again and written once', async () => {
    const { say, written, scene } = await asking();
    assert.equal(await say('confirm', 'operator'), true);
    assert.equal(await say('confirm', 'operator'), false);
    const body = { environment: 'production', artifactDigest: digestOf('1'), by: 'operator', reason: 'sales', at: NOW };
    assert.deepEqual(await written(), [{ kind: 'bake.confirmed', body }]);
    assert.equal(scene.bakeAnswers, 2);
  });

  it('is confirmed by an operator who had no hand in it, and reverted by whoever may go back', async () => {
    const { say, written, scene } = await asking();
    for (const person of ['oncall', 'reviewer', 'guest'] as const)
      assert.equal(await say('confirm', person), 'forbidden');
    assert.equal(await say('revert', 'reviewer'), 'forbidden');
    scene.people[0] = { name: 'author', roles: ['operator'], gitEmails: [] };
    assert.equal(await say('confirm', 'author'), 'self_approval');
    assert.deepEqual([await written(), scene.bakeAnswers], [[], 0]);
    assert.equal(await say('revert', 'author'), true, 'to go back is safe');
    assert.equal(await say('revert', 'oncall'), true);
    assert.deepEqual(
      (await written()).map(({ kind, body }) => [kind, body['by']]),
      [
        ['bake.reverted', 'author'],
        ['bake.reverted', 'oncall'],
      ],
    );
  });

  it('is for the roles of its environment', async () => {
    const { say, scene } = await asking();
    const grants = [{ role: 'operator', environments: ['test'] }];
    scene.people[4] = { name: 'guest', roles: [], grants, gitEmails: [] };
    assert.equal(await say('confirm', 'guest'), 'forbidden');
    scene.people[4] = {
      name: 'guest',
      roles: [],
      grants: [{ role: 'operator', environments: ['production'] }],
      gitEmails: [],
    };
    assert.equal(await say('confirm', 'guest'), true);
  });

  it('is said by nobody where nobody is asked', async () => {
    const { scene, say, written } = await asking();
    const { bakeAsked: _, ...waits } = scene.releases.get(ID)!;
    scene.releases.set(ID, waits);
    assert.equal(await say('confirm', 'operator'), 'bake_not_waiting');
    scene.releases.set(ID, { ...waits, bakeAsked: asked, endedAt: NOW });
    assert.equal(await say('revert', 'oncall'), 'bake_not_waiting');
    assert.deepEqual(await written(), []);
  });

  it('is not believed of an artifact that the ledger does not have behind the release', async () => {
    const { scene, say, written } = await asking();
    scene.releases.set(ID, { ...scene.releases.get(ID)!, artifactDigest: digestOf('2') });
    assert.equal(await say('confirm', 'operator'), 'subject_unproven');
    assert.deepEqual(await written(), []);
  });
});
