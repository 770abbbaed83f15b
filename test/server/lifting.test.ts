import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Hold } from '../../src/domain/hold/types.js';
import type { DeploymentRequest, EnvironmentState } from '../../src/domain/environment/types.js';
import type { Authorship } from '../../src/domain/release/types.js';
import { startArbiter } from './arbiter.js';
import { COMMIT, digestOf, NOW, openScene, startRelease, type Person } from './scene.js';

type Scene = ReturnType<typeof openScene>;
const HOLDS = '/api/v1/holds';
const RELEASE = `release/flights/${COMMIT}`;
const FREEZE = { kind: 'freeze', environment: 'production', until: NOW + 1_000, reason: 'holidays' };
const HOLD = { kind: 'hold', model: 'flights', reason: 'labels are wrong' };
const REQUEST: DeploymentRequest = {
  requestId: 'r',
  kind: 'release',
  version: {
    releaseId: RELEASE,
    commit: COMMIT,
    artifactDigest: digestOf('1'),
  },
  rollout: { strategy: 'immediate' },
  order: 7,
  by: 'author',
  reason: '',
};
const STATE: EnvironmentState = {
  ...{ model: 'flights', environment: 'production', epoch: 4 },
  ...{ queue: [], announced: [], history: [], settled: [] },
};

const place = async (scene: Scene, who: Person, body: object): Promise<string> => {
  const answer = await scene.ask(who, 'POST', HOLDS, body);
  assert.equal(answer.statusCode, 201, answer.body);
  return answer.json<{ hold: Hold }>().hold.id;
};
const lift = async (scene: Scene, who: Person, id: string): Promise<string> => {
  const answer = await scene.ask(who, 'POST', `${HOLDS}/${id}/lift`, { reason: 'not needed' });
  const { code, hold } = answer.json<{ code?: string; hold?: Hold }>();
  return code ?? `lifted by ${hold?.lifted?.by ?? 'nobody'}`;
};
/** A release that the arbiter has in its queue, or whose rollout stands still. */
const heldBack = async (scene: Scene, where: 'queue' | 'active', authorship: Authorship): Promise<void> => {
  await startRelease(scene);
  scene.releases.set(RELEASE, { ...scene.releases.get(RELEASE)!, authorship });
  await scene.ports.ledger.append(RELEASE, 'started', 'release.started', NOW, { trigger: 'author' });
  await startArbiter(scene, {
    ...STATE,
    ...(where === 'queue' ? { queue: [REQUEST] } : { active: { epoch: 4, request: REQUEST, startedAt: NOW } }),
  });
};
const give = ({ people }: Scene, name: Person, more: object): void => {
  const at = people.findIndex((one) => one.name === name);
  people[at] = { ...people[at]!, ...more };
};

describe('lifting', () => {
  for (const [what, body] of Object.entries({ hold: HOLD, freeze: FREEZE }))
    it(`a ${what} is nothing for a service account, whatever roles it has`, async () => {
      const scene = openScene();
      const id = await place(scene, 'oncall', body);
      give(scene, 'guest', { kind: 'service', roles: ['operator', 'oncall'] });
      assert.equal(await lift(scene, 'guest', id), 'service_account');
      assert.equal(await lift(scene, 'operator', id), 'lifted by operator');
    });

  it('a freeze is for who placed it, and for who may override it', async () => {
    const scene = openScene();
    const operators = await place(scene, 'operator', FREEZE);
    const answer = await scene.ask('oncall', 'POST', `${HOLDS}/${operators}/lift`, { reason: 'x' });
    const { code, detail } = answer.json<{ code: string; detail: string }>();
    assert.deepEqual(
      [code, detail],
      ['lift_forbidden', `${operators} may be lifted by operator, who placed it, or by operator`],
    );
    assert.equal(await lift(scene, 'operator', operators), 'lifted by operator');
    const own = await place(scene, 'oncall', FREEZE);
    assert.equal(await lift(scene, 'oncall', own), 'lifted by oncall');
    const another = await place(scene, 'oncall', { ...FREEZE, reason: 'storm' });
    assert.equal(await lift(scene, 'operator', another), 'lifted by operator');
  });

  it('a hold is for everybody who may place one', async () => {
    const scene = openScene();
    assert.equal(await lift(scene, 'oncall', await place(scene, 'operator', HOLD)), 'lifted by oncall');
  });

  const own: Readonly<Record<string, Authorship>> = {
    wrote: { authors: ['operator'], unknown: [], trigger: 'author' },
    'wrote as another identity': { authors: ['guest'], unknown: [], trigger: 'author' },
    resumed: { authors: ['author'], unknown: [], trigger: 'author', resumedBy: ['operator'] },
  };
  for (const [how, authorship] of Object.entries(own))
    for (const where of ['queue', 'active'] as const)
      for (const [what, body] of Object.entries({ hold: HOLD, freeze: FREEZE }))
        it(`a ${what} is not for who ${how} a release that it keeps out (${where})`, async () => {
          const scene = openScene();
          give(scene, 'guest', { person: 'operator' });
          const id = await place(scene, 'operator', body);
          await heldBack(scene, where, authorship);
          assert.equal(await lift(scene, 'operator', id), 'self_approval');
          give(scene, 'oncall', { roles: ['oncall', 'operator'] });
          assert.equal(await lift(scene, 'oncall', id), 'lifted by oncall');
        });

  it('is not for who wrote one by the ledger, whatever the release says of that', async () => {
    const scene = openScene();
    give(scene, 'oncall', { roles: ['oncall', 'operator'] });
    await heldBack(scene, 'queue', { authors: ['guest'], unknown: [], trigger: 'somebody' });
    const counted = { authorship: { authors: ['oncall'], unknown: [], trigger: 'somebody' } };
    const { digest } = await scene.ports.store.putBlob(new TextEncoder().encode(JSON.stringify(counted)));
    await scene.ports.ledger.append(RELEASE, 'integrate', 'stage.integrate', NOW, { evidence: digest });
    assert.equal(await lift(scene, 'oncall', await place(scene, 'operator', HOLD)), 'self_approval');
  });

  it('is not for who started one by the ledger, whatever the release says of that', async () => {
    const scene = openScene();
    give(scene, 'author', { roles: ['author', 'operator'] });
    await heldBack(scene, 'queue', { authors: [], unknown: [], trigger: 'somebody' });
    assert.equal(await lift(scene, 'author', await place(scene, 'author', FREEZE)), 'self_approval');
  });

  it('of what keeps nothing of theirs out is for authors, too', async () => {
    const scene = openScene();
    await heldBack(scene, 'queue', own['wrote']!);
    const elsewhere = await place(scene, 'operator', { ...HOLD, model: undefined, environment: 'test' });
    assert.equal(await lift(scene, 'operator', elsewhere), 'lifted by operator');
  });
});
