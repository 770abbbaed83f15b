import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DeploymentEntry, EnvironmentState } from '../../src/domain/environment/types.js';
import { FILEPATH, LAYERS, MEDIA_TYPES } from '../../src/domain/artifact/manifest.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { WatchedSource } from '../../src/domain/release/sourceSeen.js';
import { createBypassed, MOST_ASKED } from '../../src/server/bypassed.js';
import { startArbiter } from './arbiter.js';
import { COMMIT, digestOf, HEAD, openScene, startRelease } from './scene.js';

const version = (letter: string) => ({
  artifactDigest: digestOf(letter),
  releaseId: `release/flights/${letter}`,
  commit: letter.repeat(40),
});
const entry = (letter: string, outcome: DeploymentEntry['outcome']): DeploymentEntry => ({
  requestId: letter,
  kind: 'release',
  epoch: 1,
  version: version(letter),
  outcome,
  by: 'x',
  reason: '',
  startedAt: 1,
  endedAt: 2,
});

const STATE: EnvironmentState = {
  model: 'flights',
  environment: 'production',
  epoch: 5,
  champion: version('2'),
  previous: version('1'),
  queue: [],
  announced: [],
  history: [entry('2', 'deployed'), entry('7', 'rolled_back'), entry('1', 'deployed'), entry('0', 'deployed')],
  settled: [],
};

const URL = '/api/v1/models/flights/environments/production';

const deployed = async () => {
  const scene = openScene();
  await startArbiter(scene, STATE);
  return scene;
};

describe('GET /models/{model}/environments/{environment}', () => {
  it('shows what was decided beside what the target says', async () => {
    const scene = await deployed();
    const serving = {
      model: 'flights',
      environment: 'production',
      fence: { epoch: 5, seq: 1 },
      versions: [],
      inferenceUrl: 'http://x',
    };
    scene.observed.set('flights/production', serving);
    const body = (await scene.ask('guest', 'GET', URL)).json<Record<string, unknown>>();
    assert.deepEqual(
      [body['epoch'], body['champion'], body['previous'], body['serving']],
      [5, version('2'), version('1'), serving],
    );
  });

  it('says that the target cannot be asked, and pretends nothing', async () => {
    const scene = await deployed();
    scene.observed.set('flights/production', new SlipwayError('target_unreachable', 'no node'));
    const body = (await scene.ask('guest', 'GET', URL)).json<Record<string, unknown>>();
    assert.deepEqual(
      [body['serving'], body['servingProblem'], body['champion']],
      [null, 'target_unreachable: no node', version('2')],
    );
  });

  it('of nothing deployed has epoch 0', async () => {
    const scene = openScene();
    const body = (await scene.ask('guest', 'GET', URL)).json<Record<string, unknown>>();
    assert.deepEqual([body['epoch'], body['champion'], body['serving']], [0, undefined, null]);
  });
});

describe('GET /status', () => {
  it('has every place, what waits and what is wrong', async () => {
    const scene = await deployed();
    await startRelease(scene, COMMIT, 'production');
    await scene.workflows.startOnce({
      workflowType: 'incident',
      workflowId: 'incident/flights/production/drift.hour',
      input: { model: 'flights', environment: 'production', kind: 'drift', subject: 'hour', owner: 'oncall' },
      summary: '',
      searchAttributes: { SlipwayModel: 'flights' },
    });
    const body = (await scene.ask('guest', 'GET', '/api/v1/status')).json<{
      environments: { environment: string; epoch: number }[];
      approvals: { releaseId: string }[];
      incidents: { subject: string }[];
    }>();
    assert.deepEqual(
      body.environments.map(({ environment, epoch }) => [environment, epoch]),
      [
        ['test', 0],
        ['production', 5],
      ],
    );
    assert.equal(body.approvals[0]?.releaseId, `release/flights/${COMMIT}`);
    assert.equal(body.incidents[0]?.subject, 'hour');
  });
});

describe('GET /status of what went around the rules', () => {
  it('counts releases that run and that have ended, and one that is told on anew', async () => {
    const scene = openScene();
    const bypasses = async () =>
      (await scene.ask('guest', 'GET', '/api/v1/status')).json<{ bypasses: readonly unknown[] }>().bypasses;
    const none = { model: 'flights', hotfixes: 0, freezeOverrides: 0, breakGlass: 0 };
    assert.deepEqual(await bypasses(), [none]);
    await startRelease(scene, COMMIT, 'production');
    const running = scene.releases.get(`release/flights/${COMMIT}`)!;
    const glass = { environment: 'production', by: ['oncall', 'operator'], reason: 'r', at: 1, incidentId: 'i' };
    scene.releases.set(running.releaseId, { ...running, breakGlass: [glass] });
    assert.deepEqual(await bypasses(), [{ ...none, breakGlass: 1 }]);

    const keep = (release: string, name: string, view: object) =>
      scene.store.putDocument(`releases/flights/${release}/${name}`, Buffer.from(JSON.stringify(view)));
    const ended = { ...running, releaseId: `release/flights/${HEAD}`, outcome: 'failed', trigger: { kind: 'hotfix' } };
    await keep(HEAD, 'release.json', ended);
    assert.deepEqual(await bypasses(), [{ ...none, breakGlass: 1, hotfixes: 1 }]);
    await keep(HEAD, 'told.1/release.json', ended);
    await keep(HEAD, 'release.json', { ...ended, breakGlass: [glass, glass] });
    assert.deepEqual(await bypasses(), [{ ...none, breakGlass: 3, hotfixes: 1 }]);
  });
});

describe('GET /status of many releases that run', () => {
  it('asks some of them at a time, the others later, and says how many it has not asked', async () => {
    const scene = openScene();
    const RUNNING = MOST_ASKED + 20;
    const glass = { environment: 'production', by: ['oncall', 'operator'], reason: 'r', at: 1, incidentId: 'i' };
    for (let nth = 0; nth < RUNNING; nth += 1) {
      await startRelease(scene, String(nth).padStart(40, '0'), undefined);
      const id = `release/flights/${String(nth).padStart(40, '0')}`;
      await scene.workflows.query(id, 'state');
      scene.releases.set(id, { ...scene.releases.get(id)!, breakGlass: [glass] });
    }
    const asked: string[] = [];
    const bypassed = createBypassed({
      ...scene.ports,
      workflows: {
        ...scene.workflows,
        query: (id, name) => {
          asked.push(id);
          return scene.workflows.query(id, name);
        },
      },
    });
    const counted = { model: 'flights', hotfixes: 0, freezeOverrides: 0 };
    const [first, together] = await Promise.all([bypassed('flights'), bypassed('flights')]);
    assert.deepEqual(first.bypasses, { ...counted, breakGlass: MOST_ASKED, notAsked: RUNNING - MOST_ASKED });
    assert.equal(together, first);
    assert.equal(asked.length, MOST_ASKED);
    assert.deepEqual((await bypassed('flights')).bypasses, { ...counted, breakGlass: RUNNING });
    assert.equal(new Set(asked).size, RUNNING);
    // What ended meanwhile is in the store, and counts from there.
    const ended = scene.releases.get(asked[0]!)!;
    scene.releases.set(asked[0]!, { ...ended, outcome: 'promoted' });
    const document = Buffer.from(JSON.stringify({ ...ended, outcome: 'promoted' }));
    await scene.store.putDocument(`${asked[0]!.replace('release/', 'releases/')}/release.json`, document);
    for (let look = 0; look < 2; look += 1)
      assert.deepEqual((await bypassed('flights')).bypasses, { ...counted, breakGlass: RUNNING });
  });
});

describe('GET /status of the repositories', () => {
  const sources = async (scene: Awaited<ReturnType<typeof deployed>>) =>
    (await scene.ask('guest', 'GET', '/api/v1/status')).json<{ sources: WatchedSource[] }>().sources;

  it('says what the last look at each branch found', async () => {
    const scene = await deployed();
    assert.deepEqual(await sources(scene), [{ model: 'flights', branch: 'main' }]);
    const problem = { code: 'repository_unreachable', message: 'there is no repository', since: 1 };
    const seen = { commit: COMMIT, order: 1, releaseId: `release/flights/${COMMIT}`, problem };
    await scene.store.putDocument('pointers/source/flights.json', new TextEncoder().encode(JSON.stringify(seen)));
    assert.deepEqual(await sources(scene), [{ model: 'flights', branch: 'main', ...seen }]);
  });
});

describe('POST …/rollback', () => {
  const rollBack = async (
    scene: Awaited<ReturnType<typeof deployed>>,
    body: object,
    headers: Record<string, string> = {},
  ) => {
    const answer = await scene.ask('oncall', 'POST', `${URL}/rollback`, { reason: 'worse', ...body }, headers);
    return {
      status: answer.statusCode,
      ...answer.json<{ code: string; requestId: string; to: { artifactDigest: string } }>(),
    };
  };

  it('asks for the version before', async () => {
    const scene = await deployed();
    const { status, to } = await rollBack(scene, {});
    assert.deepEqual([status, to.artifactDigest], [202, digestOf('1')]);
    assert.deepEqual(
      [scene.rollbacks[0]?.by, scene.rollbacks[0]?.reason, scene.rollbacks[0]?.to],
      ['oncall', 'worse', undefined],
    );
  });

  it('takes any version that was deployed here', async () => {
    const scene = await deployed();
    assert.deepEqual((await rollBack(scene, { to: digestOf('0') })).to, version('0'));
  });

  it('takes a version of a promoted release that only the store remembers, and no other', async () => {
    const scene = await deployed();
    const put = (letter: string, outcome: string) =>
      scene.store.putDocument(
        `releases/flights/${letter.repeat(40)}/release.json`,
        new TextEncoder().encode(JSON.stringify({ ...version(letter), outcome })),
      );
    await put('a', 'promoted');
    await put('b', 'blocked');
    assert.deepEqual((await rollBack(scene, { to: digestOf('a') })).to, version('a'));
    for (const letter of ['b', '7', 'e'])
      assert.equal((await rollBack(scene, { to: digestOf(letter) })).code, 'artifact_unknown', letter);
    assert.equal(scene.rollbacks.length, 1);
  });

  it('clicked twice is one rollback', async () => {
    const scene = await deployed();
    const key = { 'idempotency-key': 'k' };
    const [first, again, other] = [
      await rollBack(scene, {}, key),
      await rollBack(scene, {}, key),
      await rollBack(scene, {}),
    ];
    assert.equal(first.requestId, again.requestId);
    assert.notEqual(first.requestId, other.requestId);
    assert.equal(scene.rollbacks.length, 2);
  });

  it('of nothing deployed is refused', async () => {
    assert.equal(
      (await rollBack(openScene() as Awaited<ReturnType<typeof deployed>>, {})).code,
      'nothing_to_roll_back',
    );
  });
});

describe('GET …/rollback-plan', () => {
  interface Plan {
    readonly code?: string;
    readonly plan: string;
    readonly from: { artifactDigest: string };
    readonly to: { artifactDigest: string };
    readonly undone: readonly { epoch: number; subject: string }[];
    readonly aborts?: { epoch: number };
    readonly evidence: readonly object[];
    readonly inputs: readonly object[] | null;
    readonly holds: readonly { reason: string }[];
  }
  const planned = async (scene: Awaited<ReturnType<typeof deployed>>, to?: string) =>
    (await scene.ask('guest', 'GET', `${URL}/rollback-plan${to === undefined ? '' : `?to=${to}`}`)).json<Plan>();
  const rollBack = async (scene: Awaited<ReturnType<typeof deployed>>, body: object) => {
    const answer = await scene.ask('oncall', 'POST', `${URL}/rollback`, { reason: 'worse', ...body });
    return [answer.statusCode, answer.json<{ code?: string }>().code] as const;
  };

  it('says from what to what, what is undone, and how the way in was, and does nothing', async () => {
    const scene = await deployed();
    await scene.ask('oncall', 'POST', '/api/v1/holds', { kind: 'hold', model: 'flights', reason: 'stocktaking' });
    const gate = { environment: 'test', verdict: 'pass', reason: 'brier', evidence: digestOf('e') };
    for (const verdict of ['fail', 'pass'])
      await scene.ports.ledger.append(version('0').releaseId, verdict, 'stage.gate', 1, { ...gate, verdict });
    const plan = await planned(scene, digestOf('0'));
    assert.deepEqual([plan.from, plan.to], [version('2'), version('0')]);
    assert.deepEqual(
      plan.undone.map(({ subject, ...one }) => [subject, (one as { version?: object }).version]),
      [
        ['Improve', version('2')],
        ['Improve', version('1')],
      ],
    );
    assert.deepEqual(plan.evidence, [{ stage: 'gate', ...gate }]);
    assert.equal(plan.inputs, null, 'artifacts that cannot be read are not compared');
    assert.deepEqual(
      plan.holds.map(({ reason }) => reason),
      ['stocktaking'],
    );
    assert.equal(scene.rollbacks.length, 0);
    assert.equal((await planned(scene, digestOf('2'))).code, 'nothing_to_roll_back');
    assert.equal((await planned(scene, digestOf('7'))).code, 'artifact_unknown');
  });

  it('compares the inputs that callers send', async () => {
    const scene = await deployed();
    const put = async (name: string, type: string) => {
      const features = [{ name, type, log: 'value' }];
      const body = Buffer.from(JSON.stringify({ features, prediction: 'p', label: 'l', eventTime: 'e' }));
      const { digest, size } = await scene.store.putBlob(body);
      const layer = { mediaType: MEDIA_TYPES.doc, digest, size, annotations: { [FILEPATH]: LAYERS.signature } };
      const config = { mediaType: MEDIA_TYPES.config, digest, size };
      const manifest = { schemaVersion: 2, mediaType: MEDIA_TYPES.manifest, artifactType: MEDIA_TYPES.artifact };
      const whole = { ...manifest, config, layers: [layer], annotations: {} };
      return (await scene.store.putBlob(Buffer.from(JSON.stringify(whole)))).digest;
    };
    const [from, to] = [await put('hour', 'number'), await put('origin', 'string')];
    const [champion, previous] = [
      { ...version('2'), artifactDigest: from },
      { ...version('1'), artifactDigest: to },
    ];
    scene.environments.set('flights/production', { ...STATE, champion, previous });
    assert.deepEqual((await planned(scene)).inputs, [
      { feature: 'hour', change: 'removed', what: 'number is not asked for any more', breaks: true },
      { feature: 'origin', change: 'added', what: 'string has to be sent', breaks: true },
    ]);
  });

  it('is what is done: refused where it would do something else by now', async () => {
    const scene = await deployed();
    const { plan, to } = await planned(scene);
    assert.deepEqual(await rollBack(scene, { plan, to: digestOf('0') }), [409, 'plan_changed']);
    const release = {
      ...{ requestId: 'q', kind: 'release', order: 9, by: 'author', reason: '' },
      version: version('3'),
    };
    const active = { epoch: 6, startedAt: 1, request: { ...release, rollout: { strategy: 'immediate' } } } as const;
    const underWay = { ...STATE, epoch: 6, active } as EnvironmentState;
    scene.environments.set('flights/production', underWay);
    assert.deepEqual(await rollBack(scene, { plan, to: to.artifactDigest }), [409, 'plan_changed']);
    assert.equal(scene.rollbacks.length, 0);
    const now = await planned(scene);
    assert.equal(now.aborts?.epoch, 6);
    assert.deepEqual(await rollBack(scene, { plan: now.plan, to: to.artifactDigest }), [202, undefined]);
    assert.deepEqual(scene.rollbacks[0]?.expected, { epoch: 6, champion: digestOf('2') });
  });
});

describe('POST …/labels', () => {
  const LABELS = {
    labels: [
      { predictionId: 'r1#0', label: 1, observedAt: 5 },
      { predictionId: 'r1#1', label: 0, observedAt: 5 },
    ],
  };

  it('stores a batch under a name that a repeat has, too', async () => {
    const scene = openScene();
    const send = (body: object, headers: Record<string, string> = {}) =>
      scene.ask('oncall', 'POST', `${URL}/labels`, body, headers);
    const first = await send(LABELS);
    assert.deepEqual([first.statusCode, first.json<{ labels: number }>().labels], [202, 2]);
    await send(LABELS);
    await send({ labels: LABELS.labels.slice(1) });
    await send(LABELS, { 'idempotency-key': 'batch-7' });
    assert.equal((await send(LABELS, { 'idempotency-key': 'batch-7' })).statusCode, 202);
    const other = await send({ labels: LABELS.labels.slice(1) }, { 'idempotency-key': 'batch-7' });
    assert.equal(other.statusCode, 422);
    const ids = scene.labels.map(({ batchId }) => batchId);
    assert.deepEqual([ids[0] === ids[1], new Set(ids).size, ids.length], [true, 3, 4]);
    assert.deepEqual(scene.labels[0]?.labels, LABELS.labels);
  });

  it('may be larger than other bodies, to a limit of its own', async () => {
    const scene = openScene();
    const send = (rows: number) =>
      scene.ask('oncall', 'POST', `${URL}/labels`, {
        labels: Array.from({ length: rows }, (_, row) => ({
          predictionId: `request-${row}#0`,
          label: 0,
          observedAt: row,
        })),
      });
    assert.equal((await send(5_000)).statusCode, 202);
    assert.equal((await send(40_000)).statusCode, 413);
  });

  it('is durable before it is accepted', async () => {
    const scene = openScene();
    Object.assign(scene.ports.labels, {
      appendLabels: async () => {
        throw new SlipwayError('store_unreachable', 'no store');
      },
    });
    assert.equal((await scene.ask('oncall', 'POST', `${URL}/labels`, LABELS)).statusCode, 503);
  });
});
