import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lastPromotedKey } from '../../src/domain/release/keys.js';
import type { RecoveryPlan } from '../../src/recovery/planRecovery.js';
import { planRecovery } from '../../src/recovery/planRecovery.js';
import { recover } from '../../src/recovery/recover.js';
import { COMMIT, digestOf, LOOK_EVERY_MS, NOW, openScene, type Person } from './scene.js';

type Shown = RecoveryPlan & { readonly engine: object | null; readonly plan: string };

const RELEASE = `release/flights/${COMMIT}`;
const PATH = '/api/v1/recovery';

/** A release that was promoted, one that waited, and then another engine. */
const openLost = async () => {
  const scene = openScene();
  await scene.ports.guard.check();
  const { ledger, store } = scene.ports;
  const put = (key: string, value: unknown): Promise<void> =>
    store.putDocument(key, new TextEncoder().encode(JSON.stringify(value)));
  const version = { artifactDigest: digestOf('1'), releaseId: 'release/flights/old', commit: 'old' };
  await ledger.append('environment/flights/production', '4', 'deployment.deployed', 1, {
    ...{ requestId: 'r', kind: 'release', epoch: 4, version, outcome: 'deployed', by: 'author', reason: '', order: 6 },
    ...{ startedAt: 0, endedAt: 1 },
  });
  await put('pointers/environments/flights/production.json', {
    ...{ model: 'flights', environment: 'production', epoch: 4, at: 1 },
    ...version,
  });
  scene.observed.set('flights/production', {
    ...{ model: 'flights', environment: 'production', fence: { epoch: 4, seq: 1 }, inferenceUrl: '' },
    versions: [{ artifactDigest: digestOf('1'), weight: 100, role: 'champion', ready: true, restarts: 0 }],
  });
  const spec = { environments: [{ name: 'production' }], monitoring: { everyMs: 60_000 } };
  const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const { digest: specDigest } = await store.putBlob(text(spec));
  const { digest: evidence } = await store.putBlob(text({ specDigest }));
  await ledger.append('release/flights/old', 'integrate', 'stage.integrate', 1, { evidence, verdict: 'pass' });
  await put('releases/flights/old/release.json', { releaseId: 'release/flights/old', outcome: 'promoted' });
  await put(lastPromotedKey('flights'), { commit: 'old', releaseId: 'release/flights/old' });
  await ledger.append(RELEASE, 'started', 'release.started', 2, {
    ...{ model: 'flights', repository: 'flights', commit: COMMIT, trigger: 'author', params: {} },
  });
  scene.engine('default/2');
  return scene;
};

const look = async (scene: Awaited<ReturnType<typeof openLost>>): Promise<Shown> =>
  (await scene.ask('oncall', 'GET', PATH)).json<Shown>();
const confirm = (scene: Awaited<ReturnType<typeof openLost>>, plan: string, person: Person = 'oncall') =>
  scene.ask(person, 'POST', PATH, { plan });

describe('a recovery', () => {
  it('is needed only where the engine is another one', async () => {
    const scene = openScene();
    await scene.ports.guard.check();
    const shown = (await scene.ask('guest', 'GET', PATH)).json<Shown>();
    assert.deepEqual([shown.engine, shown.environments, shown.interrupted], [null, [], []]);
    const done = await scene.ask('oncall', 'POST', PATH, { plan: shown.plan });
    assert.deepEqual([done.statusCode, scene.workflows.started.length], [200, 0]);
  });

  it('is planned from ledger, pointer and target, and planning does nothing', async () => {
    const scene = await openLost();
    const shown = await look(scene);
    assert.deepEqual(shown.engine, { before: 'default/1', now: 'default/2' });
    assert.deepEqual(
      shown.environments.map(({ environment, state, championFrom, disagreements }) => [
        ...[environment, state.epoch, state.champion?.artifactDigest, state.championOrder, championFrom, disagreements],
      ]),
      [['production', 5, digestOf('1'), 6, 'ledger', []]],
    );
    assert.deepEqual(
      shown.interrupted.map(({ releaseId, order, outcome }) => [releaseId, order, outcome]),
      [[RELEASE, 7, 'failed']],
    );
    assert.deepEqual(shown.monitored, [
      { model: 'flights', environment: 'production', everyMs: 60_000, since: 'release/flights/old' },
    ]);
    assert.equal(scene.workflows.started.length + scene.workflows.schedules.size, 0);
    assert.equal((await scene.ask('oncall', 'GET', '/ready')).statusCode, 503);
  });

  it('is carried out by who may, and only as it was looked at', async () => {
    const scene = await openLost();
    const { plan } = await look(scene);
    assert.equal((await confirm(scene, plan, 'author')).statusCode, 403);
    await scene.ports.ledger.append('environment/flights/production', '5', 'deployment.rolled_back', 3, {
      ...{ kind: 'release', epoch: 5, version: {}, outcome: 'rolled_back' },
    });
    const refused = await confirm(scene, plan);
    assert.deepEqual([refused.statusCode, refused.json<{ code: string }>().code], [409, 'plan_changed']);
    assert.equal(scene.workflows.started.length, 0);
    assert.equal((await confirm(scene, (await look(scene)).plan)).statusCode, 200);
    assert.deepEqual(
      scene.workflows.started.map(({ workflowId }) => workflowId),
      ['environment/flights/production'],
    );
    assert.deepEqual(
      [...scene.workflows.schedules.values()].map(({ scheduleId, everyMs }) => [scheduleId, everyMs]),
      [
        ['drift/flights/production', 60_000],
        ['target/flights/production', LOOK_EVERY_MS],
      ],
    );
    assert.deepEqual(scene.prepared, [0], 'a new engine is made ready before anything is started on it');
    assert.equal((await scene.ask('oncall', 'GET', '/ready')).statusCode, 200);
    const shown = (await scene.ask('author', 'GET', `/api/v1/releases/flights/${COMMIT}`)).json<{ reason: string }>();
    assert.equal(shown.reason, 'the engine lost it at integrate');
    const [written] = await scene.ports.ledger.read('recovery/default/2');
    assert.deepEqual(
      [written?.kind, written?.body['by'], written?.body['engine']],
      ['installation.recovered', 'oncall', { before: 'default/1', now: 'default/2' }],
    );
  });

  it('that was cut off anywhere is done again to the same end', async () => {
    for (let cut = 1; ; cut += 1) {
      const scene = await openLost();
      let writes = 0;
      const cutAt = <F extends (...words: never[]) => Promise<unknown>>(write: F): F =>
        ((...words: never[]) => {
          writes += 1;
          return writes === cut ? Promise.reject(new Error('cut off')) : write(...words);
        }) as F;
      const { ledger, store, workflows } = scene.ports;
      const ports = {
        ...scene.ports,
        engine: { prepare: cutAt(scene.ports.engine.prepare) },
        ledger: { ...ledger, append: cutAt(ledger.append) },
        store: { ...store, createDocument: cutAt(store.createDocument) },
        workflows: {
          ...workflows,
          startOnce: cutAt(workflows.startOnce),
          ensureSchedule: cutAt(workflows.ensureSchedule),
        },
      };
      const engine = { before: 'default/1', now: 'default/2' };
      const plan = await planRecovery(
        ports,
        { models: ['flights'], environments: ['test', 'production'], lookAtTargetsEveryMs: LOOK_EVERY_MS },
        NOW,
      );
      const end = await recover(ports, { plan, by: 'oncall', engine, at: NOW }).catch((error: Error) => error.message);
      assert.equal((await confirm(scene, (await look(scene)).plan)).statusCode, 200);
      assert.deepEqual(
        (await ledger.read(RELEASE)).map(({ kind }) => kind),
        ['release.started', 'release.ended'],
      );
      const [, ended] = await ledger.read(RELEASE);
      const shown = (await scene.ask('author', 'GET', `/api/v1/releases/flights/${COMMIT}`)).json<{
        endedAt: number;
      }>();
      assert.equal(shown.endedAt, ended?.at, 'ledger and view tell the same');
      assert.equal((await ledger.read('recovery/default/2')).length, 1);
      assert.deepEqual([scene.workflows.started.length, scene.workflows.schedules.size], [1, 2]);
      if (end === undefined) return assert.ok(cut > 5, String(cut));
      assert.equal(end, 'cut off');
    }
  });

  it('does not wait for a repository that is not there, nor for evidence that is gone', async () => {
    const scene = await openLost();
    const [commit, releaseId] = ['f'.repeat(40), `release/flights/${'f'.repeat(40)}`];
    await scene.ports.ledger.append(releaseId, 'started', 'release.started', 3, {
      ...{ model: 'flights', repository: 'flights', commit, trigger: 'author', params: {} },
    });
    await scene.ports.ledger.append(releaseId, 'integrate', 'stage.integrate', 4, {
      ...{ verdict: 'pass', evidence: digestOf('9') },
    });
    const { interrupted } = await look(scene);
    assert.deepEqual(
      interrupted.map((view) => [view.releaseId, view.order, view.reason]),
      [
        [RELEASE, 7, 'the engine lost it at integrate'],
        [releaseId, 0, 'the engine lost it at build'],
      ],
    );
  });

  it('names a release that was started and had not begun', async () => {
    const scene = await openLost();
    const seen = { commit: 'b', order: 8, releaseId: 'release/flights/b' };
    await scene.ports.store.putDocument('pointers/source/flights.json', new TextEncoder().encode(JSON.stringify(seen)));
    assert.deepEqual((await look(scene)).unbegun, ['release/flights/b']);
  });
});
