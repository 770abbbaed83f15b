import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ANALYSED, SHIFTED } from '../../src/domain/rollout/shareOf.js';
import type { RolloutView } from '../../src/domain/rollout/types.js';
import type { DeploymentRequest, EnvironmentState } from '../../src/domain/environment/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { startArbiter } from './arbiter.js';
import { digestOf, NOW, openScene, type Person } from './scene.js';

const PLACE = { model: 'flights', environment: 'production' };
const URL = '/api/v1/models/flights/environments/production/rollout';
const ID = 'rollout/flights/production/6';
const version = (letter: string) => ({
  artifactDigest: digestOf(letter),
  releaseId: `release/flights/${letter.repeat(40)}`,
  commit: letter.repeat(40),
});
const step = (weight: number) => ({ weight, holdMs: 600_000, minRequests: 100, deadlineMs: 3_600_000 });
const analysis = {
  maxErrorRateIncrease: 0.01,
  maxLatencyRatio: 2,
  maxPredictionDistance: 0.1,
  maxFeatureDistance: 0.2,
};
const request: DeploymentRequest = {
  ...{ requestId: 'q', kind: 'release' as const, version: version('2'), order: 2, by: 'author', reason: 'commit' },
  rollout: { strategy: 'canary', steps: [step(10), step(50)], analysis },
};
const ACTIVE: EnvironmentState = {
  ...PLACE,
  epoch: 6,
  champion: version('1'),
  active: { epoch: 6, request, startedAt: NOW - 1_000 },
  ...{ queue: [], announced: [], history: [], settled: [] },
};
const VIEW: RolloutView = { ...PLACE, epoch: 6, status: 'holding', step: 0, weight: 10, steps: [] };

type Scene = ReturnType<typeof openScene>;

/** A canary on its first step, as workflow, target's commands and ledger have it. */
const midCanary = async (view: Partial<RolloutView> = {}, state: EnvironmentState = ACTIVE): Promise<Scene> => {
  const scene = openScene();
  await startArbiter(scene, state);
  scene.rollouts.set('flights/production', { ...VIEW, ...view });
  await scene.workflows.startOnce({
    ...{ workflowType: 'rollout', workflowId: ID, input: PLACE, summary: '', searchAttributes: {} },
  });
  const { releaseId, artifactDigest } = version('2');
  const found = Buffer.from(JSON.stringify({ authorship: { authors: ['author'], unknown: [], trigger: 'author' } }));
  const evidence = (await scene.store.putBlob(found)).digest;
  await scene.ports.ledger.append(releaseId, 'started', 'release.started', NOW, { trigger: 'author' });
  await scene.ports.ledger.append(releaseId, 'integrate', 'stage.integrate', NOW, { verdict: 'pass', evidence });
  await scene.ports.ledger.append(releaseId, 'package', 'stage.package', NOW, { verdict: 'pass', artifactDigest });
  const weights = [
    { ...version('1'), weight: 90, role: 'champion' },
    { ...version('2'), weight: 10, role: 'candidate' },
  ];
  await scene.ports.ledger.append(ID, 'shifted/2', SHIFTED, NOW - 500, { seq: 2, weights });
  return scene;
};

const say = async (scene: Scene, word: string, person: Person = 'oncall', body: object = {}) => {
  const answer = await scene.ask(person, 'POST', `${URL}/${word}`, { reason: 'odd', ...body });
  const { code, changed, rollout } = answer.json<{ code?: string; changed?: boolean; rollout?: Shown }>();
  return { status: answer.statusCode, told: code ?? changed, rollout };
};
interface Shown {
  readonly status: string;
  readonly step?: number;
  readonly weight: number;
  readonly waitsFor?: string;
  readonly said: readonly { kind: string; by: string; reason: string; at: number; step?: number }[];
  readonly looks: readonly { verdict: string; requests?: number; measurements?: readonly object[] }[];
}
const show = async (scene: Scene, query = '') => (await scene.ask('guest', 'GET', `${URL}${query}`)).json<Shown>();
const written = async (scene: Scene) => {
  const entries = await scene.ports.ledger.read(ID);
  return entries.filter(({ kind }) => kind !== SHIFTED && kind !== ANALYSED).map(({ kind, body }) => ({ kind, body }));
};

describe('a word to a rollout', () => {
  it('is written down before the rollout hears it, and a repeat is told again and written once', async () => {
    const scene = await midCanary();
    assert.deepEqual((await say(scene, 'pause')).told, true);
    assert.deepEqual((await say(scene, 'pause', 'operator', { reason: 'me too' })).told, false);
    const body = { by: 'oncall', reason: 'odd', at: NOW };
    assert.deepEqual(await written(scene), [{ kind: 'rollout.paused', body }]);
    const pause = { signal: 'pause', by: 'oncall', reason: 'odd' };
    assert.deepEqual(scene.steered, [pause, pause]);
    assert.deepEqual((await show(scene)).said, [{ kind: 'pause', ...body }]);
    for (const told of [true, false]) assert.equal((await say(scene, 'resume')).told, told);
    assert.equal((await say(scene, 'pause')).told, true);
    assert.deepEqual(
      (await written(scene)).map(({ kind }) => kind),
      ['rollout.paused', 'rollout.resumed', 'rollout.paused'],
    );
  });

  it('that promotes names the step, is for an operator who wrote nothing of it, and is for this step alone', async () => {
    const scene = await midCanary();
    assert.equal((await say(scene, 'promote', 'oncall')).told, 'forbidden');
    assert.equal((await say(scene, 'promote', 'operator', { step: 2 })).told, 'state_changed');
    scene.people[0] = { name: 'author', roles: ['operator', 'oncall'], gitEmails: [] };
    assert.equal((await say(scene, 'promote', 'author')).told, 'self_approval');
    assert.equal((await say(scene, 'resume', 'author')).told, 'self_approval');
    assert.deepEqual([await written(scene), scene.steered], [[], []]);
    assert.equal((await say(scene, 'promote', 'operator', { step: 1 })).told, true);
    assert.equal((await say(scene, 'promote', 'operator')).told, false);
    const body = { step: 0, by: 'operator', reason: 'odd', at: NOW };
    assert.deepEqual(await written(scene), [{ kind: 'rollout.promoted', body }]);
    assert.deepEqual(scene.steered[0], { signal: 'promote', by: 'operator', reason: 'odd', step: 0 });
  });

  it('that lets it go on is not believed of a release that the ledger does not have behind it', async () => {
    const forged = { ...request, version: { ...version('2'), releaseId: `release/flights/${'9'.repeat(40)}` } };
    const scene = await midCanary({}, { ...ACTIVE, active: { ...ACTIVE.active!, request: forged } });
    assert.equal((await say(scene, 'promote', 'operator')).told, 'subject_unproven');
    const other = { ...request, version: version('3') };
    const elsewhere = await midCanary({}, { ...ACTIVE, active: { ...ACTIVE.active!, request: other } });
    assert.equal((await say(elsewhere, 'promote', 'operator')).told, 'step_not_begun');
    assert.deepEqual([...(await written(scene)), ...(await written(elsewhere))], []);
  });

  it('is refused where none is under way, and says what to do then', async () => {
    const idle = openScene();
    for (const word of ['pause', 'resume', 'promote', 'abort'])
      assert.deepEqual((await say(idle, word, 'operator')).told, 'rollout_idle');
    const { active: _, ...state } = ACTIVE;
    const entry = { ...request, epoch: 6, outcome: 'deployed', startedAt: 1, endedAt: 2 } as const;
    const after = await midCanary({ status: 'completed' }, { ...state, champion: version('2'), history: [entry] });
    const answer = await after.ask('oncall', 'POST', `${URL}/abort`, { reason: 'late' });
    const { code, action } = answer.json<{ code: string; action: string }>();
    assert.deepEqual([answer.statusCode, code], [409, 'rollout_idle']);
    assert.match(action, /slipway rollback/);
    assert.deepEqual([await written(after), after.steered], [[], []]);
  });

  it('that stops it passes also while the ledger cannot be read, and nothing else does', async () => {
    const scene = await midCanary();
    const away = () => Promise.reject(new SlipwayError('store_unreachable', 'no store'));
    Object.assign(scene.ports.ledger, { append: away });
    const { read } = scene.ports.ledger;
    const answer = await scene.ask('oncall', 'POST', `${URL}/abort`, { reason: 'worse' });
    assert.deepEqual(
      [answer.statusCode, answer.json<{ unrecorded: string }>().unrecorded],
      [200, 'store_unreachable: no store'],
    );
    assert.deepEqual(scene.steered, [{ signal: 'abort', by: 'oncall', reason: 'worse' }]);
    assert.equal((await say(scene, 'promote', 'operator')).told, 'store_unreachable');
    Object.assign(scene.ports.ledger, { read });
    assert.equal(scene.steered.length, 1);
  });

  it('is refused on the way back, and where the caller saw another state', async () => {
    const scene = await midCanary({ status: 'aborting' });
    for (const word of ['pause', 'resume', 'promote'])
      assert.equal((await say(scene, word, 'operator')).told, 'rollout_ending');
    assert.equal((await say(scene, 'abort')).told, false);
    const seen = await scene.ask('oncall', 'GET', URL);
    const headers = { 'if-match': String(seen.headers['etag']) };
    scene.rollouts.set('flights/production', VIEW);
    const late = await scene.ask('oncall', 'POST', `${URL}/pause`, { reason: 'odd' }, headers);
    assert.deepEqual([late.statusCode, late.json<{ code: string }>().code], [412, 'state_changed']);
  });
});

describe('a rollout that is shown', () => {
  it('has its steps, shares, looks with every value and limit, and what it waits for', async () => {
    const scene = await midCanary();
    const measurements = [{ name: 'error rate', value: 0.02, limit: 0.01, verdict: 'fail' }];
    const kept = { analysis: { requests: 512, measurements } };
    const evidence = (await scene.store.putBlob(Buffer.from(JSON.stringify(kept)))).digest;
    const look = { step: 0, weight: 10, verdict: 'fail', reason: 'errors', evidence, candidate: digestOf('2') };
    await scene.ports.ledger.append(ID, 'analysed/0', ANALYSED, NOW, look);
    const counters = { requests: 40, failures: 0, rows: 40, latency: [], predictions: [], features: {} };
    scene.measured.set('flights/production', {
      since: { epoch: 6, seq: 2 },
      counters: [{ artifactDigest: digestOf('2'), ...counters }],
    });
    const shown = await show(scene);
    assert.deepEqual([shown.status, shown.step, shown.weight], ['holding', 1, 10]);
    assert.match(shown.waitsFor ?? '', /^the hold until .* UTC of step 1 at 10 %, with 40 of 100 requests so far$/);
    assert.deepEqual(
      shown.looks.map(({ verdict, requests, measurements: all }) => [verdict, requests, all]),
      [['fail', 512, measurements]],
    );
    const paused = { by: 'oncall', reason: 'odd' };
    scene.rollouts.set('flights/production', { ...VIEW, paused });
    assert.match((await show(scene)).waitsFor ?? '', /; then somebody to resume it: paused by oncall, odd$/);
  });

  it('stays readable when it has ended: the one that lost, by its epoch', async () => {
    const { active: _, ...state } = ACTIVE;
    const scene = await midCanary({ status: 'aborted' }, state);
    const entry = { ...request, epoch: 6, outcome: 'rolled_back', reason: 'aborted', startedAt: 1, endedAt: 2 };
    const place = 'environment/flights/production';
    const measurements = [{ name: 'error rate', value: 0.02, limit: 0.01, verdict: 'fail' }];
    const kept = Buffer.from(JSON.stringify({ analysis: { requests: 512, measurements } }));
    const evidence = (await scene.store.putBlob(kept)).digest;
    const look = { step: 0, weight: 10, verdict: 'fail', reason: 'errors', evidence, candidate: digestOf('2') };
    await scene.ports.ledger.append(ID, 'analysed/0', ANALYSED, NOW, look);
    await scene.ports.ledger.append(place, '6', 'deployment.rolled_back', NOW, entry);
    await scene.ports.ledger.append(place, '7', 'deployment.deployed', NOW, {
      ...entry,
      epoch: 7,
      outcome: 'deployed',
    });
    assert.deepEqual([(await show(scene)).status, (await show(scene, '?epoch=6')).status], ['deployed', 'rolled_back']);
    const lost = await show(scene, '?epoch=6');
    assert.deepEqual([lost.weight, lost.looks[0]?.verdict, lost.looks[0]?.measurements], [10, 'fail', measurements]);
    const never = await scene.ask('guest', 'GET', `${URL}?epoch=9`);
    assert.deepEqual([never.statusCode, never.json<{ code: string }>().code], [404, 'not_found']);
  });
});
