import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createStoreLedger } from '../../src/adapters/store-ledger/ledger.js';
import { RETIREMENT_COUNTS_MS, wordFor } from '../../src/domain/environment/retirementWord.js';
import type { DeploymentRequest, EnvironmentState } from '../../src/domain/environment/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { GLASS_INCIDENT } from '../../src/domain/urgency/breakGlass.js';
import { startArbiter } from './arbiter.js';
import { digestOf, NOW, openScene } from './scene.js';

const version = (letter: string) => ({
  artifactDigest: digestOf(letter),
  releaseId: `release/flights/${letter.repeat(40)}`,
  commit: letter.repeat(40),
});
const STATE: EnvironmentState = {
  ...{ model: 'flights', environment: 'production', epoch: 5, champion: version('2'), previous: version('1') },
  ...{ queue: [], announced: [{ releaseId: version('3').releaseId, order: 3 }], settled: [] },
  history: [
    {
      ...{ requestId: '2', kind: 'release', epoch: 5, version: version('2'), outcome: 'deployed', by: 'x', reason: '' },
      ...{ startedAt: 1, endedAt: NOW - 60_000 },
    },
  ],
};
const underWay: DeploymentRequest = {
  ...{ requestId: '3', kind: 'release', version: version('3'), rollout: { strategy: 'immediate' }, order: 3 },
  ...{ by: 'author', reason: '' },
};
const URL = '/api/v1/models/flights/environments/production';
const STREAM = 'environment/flights/production';

const deployed = async (state: EnvironmentState = STATE) => {
  let at = NOW;
  const scene = openScene({ now: () => at });
  await startArbiter(scene, state);
  const ledger = createStoreLedger(scene.ledger);
  await ledger.append(STREAM, '5', 'deployment.deployed', 1, { epoch: 5, version: version('2') });
  await scene.workflows.startOnce({
    workflowType: 'incident',
    workflowId: 'incident/flights/production/drift.hour',
    input: { model: 'flights', environment: 'production', kind: 'drift', subject: 'hour', owner: 'oncall' },
    summary: '',
    searchAttributes: { SlipwayModel: 'flights' },
  });
  await scene.workflows.startOnce({
    workflowType: 'incident',
    workflowId: `incident/flights/production/${GLASS_INCIDENT}.x`,
    input: { model: 'flights', environment: 'production', kind: GLASS_INCIDENT, subject: 'x', owner: 'oncall' },
    summary: '',
    searchAttributes: { SlipwayModel: 'flights' },
  });
  const plan = async (who: 'guest' | 'operator' = 'guest') =>
    (await scene.ask(who, 'GET', `${URL}/retirement-plan`)).json<Readonly<Record<string, unknown>>>();
  const retire = async (body: object, who: 'operator' | 'oncall' = 'operator') => {
    const answer = await scene.ask(who, 'POST', `${URL}/retirement`, { reason: 'over', ...body });
    return {
      status: answer.statusCode,
      ...answer.json<{ code?: string; requestId?: string; detail?: string; until?: number }>(),
    };
  };
  const words = async () => (await ledger.read(STREAM)).filter(({ kind }) => kind.startsWith('retirement.'));
  return { scene, ledger, plan, retire, words, passed: (ms: number) => void (at += ms) };
};

describe('GET …/retirement-plan', () => {
  it('shows what it takes away, who still calls, what it ends, and does nothing', async () => {
    const { scene, plan, words } = await deployed();
    scene.measured.set('flights/production', {
      since: { epoch: 5, seq: 1 },
      acceptedAt: NOW - 60_000,
      counters: [
        {
          ...{ artifactDigest: digestOf('2'), requests: 40, failures: 1, rows: 40 },
          latency: [],
          predictions: [],
          features: {},
        },
      ],
    });
    const shown = await plan();
    assert.deepEqual(
      [shown['epoch'], shown['from'], shown['servedSince'], shown['traffic'], shown['releases']],
      [5, version('2'), NOW - 60_000, { since: NOW - 60_000, requests: 40, failures: 1 }, [version('3').releaseId]],
    );
    assert.deepEqual(shown['schedules'], ['drift/flights/production', 'target/flights/production']);
    assert.deepEqual(
      (shown['incidents'] as { incidentId: string }[]).map(({ incidentId }) => incidentId),
      ['incident/flights/production/drift.hour'],
    );
    assert.deepEqual([scene.retirements, await words()], [[], []]);
  });

  it('of a target that cannot be asked says so, and of nothing is refused', async () => {
    const { scene, plan } = await deployed();
    scene.observed.set('flights/production', new SlipwayError('target_unreachable', 'no node'));
    assert.equal((await plan())['from'] !== undefined, true);
    const { champion: _, ...empty } = STATE;
    const other = await deployed(empty);
    assert.equal((await other.plan())['code'], 'nothing_to_retire');
  });
});

describe('POST …/retirement', () => {
  it('is in the ledger before the arbiter hears of it, and names the incidents that are to look', async () => {
    const { scene, ledger, plan, retire, words } = await deployed();
    const { plan: shown } = await plan();
    const answer = await retire({ plan: shown });
    assert.equal(answer.status, 202, JSON.stringify(answer));
    const [word, ...more] = await words();
    assert.deepEqual(
      [word?.kind, word?.body['by'], word?.body['reason'], word?.body['after'], word?.body['from'], more],
      ['retirement.asked', 'operator', 'over', 5, digestOf('2'), []],
    );
    const [told] = scene.retirements;
    assert.deepEqual(
      [told?.requestId, told?.expected, told?.incidents],
      [answer.requestId, { epoch: 5, champion: digestOf('2') }, ['incident/flights/production/drift.hour']],
    );
    assert.equal(wordFor(await ledger.read(STREAM), 6, () => undefined).kind, 'given');
  });

  it('said twice is one word and one message, whoever says it, and is answered when it is done', async () => {
    const { scene, ledger, plan, retire, words } = await deployed();
    const { plan: shown } = await plan();
    const first = await retire({ plan: shown });
    const again = await retire({ plan: shown, reason: 'something else' });
    assert.deepEqual([again.requestId, (await words()).length, scene.retirements.length], [first.requestId, 1, 1]);
    const { requestId = '' } = first;
    const active = { epoch: 6, request: { ...underWay, requestId, kind: 'retirement' as const }, startedAt: 1 };
    scene.environments.set('flights/production', { ...STATE, epoch: 6, active });
    assert.equal((await retire({ plan: shown })).requestId, requestId, 'while it is under way');
    await ledger.append(STREAM, '6', 'deployment.retired', 2, { requestId, epoch: 6, version: version('2') });
    const { champion: _, ...left } = STATE;
    scene.environments.set('flights/production', { ...left, epoch: 6 });
    assert.equal((await retire({ plan: shown })).requestId, requestId);
    assert.equal(scene.retirements.length, 1);
  });

  it('counts for an hour, which everybody is told, and said again after it is another word', async () => {
    const { scene, plan, retire, words, passed } = await deployed();
    const { plan: shown } = await plan();
    const first = await retire({ plan: shown });
    assert.equal(first.until, NOW + RETIREMENT_COUNTS_MS);
    assert.deepEqual([(await words())[0]?.body['until'], scene.retirements[0]?.until], [first.until, first.until]);
    passed(RETIREMENT_COUNTS_MS + 1);
    const again = await retire({ plan: shown });
    assert.equal(again.status, 202);
    assert.notEqual(again.requestId, first.requestId);
    assert.deepEqual([(await words()).length, again.until], [2, NOW + 2 * RETIREMENT_COUNTS_MS + 1]);
  });

  it('takes its word back where the arbiter says that it came too late', async () => {
    const { scene, plan, retire, words } = await deployed();
    const { plan: shown } = await plan();
    scene.refuseRetirements('retirement_expired');
    assert.equal((await retire({ plan: shown })).code, 'retirement_expired');
    assert.deepEqual(
      (await words()).map(({ kind }) => kind),
      ['retirement.asked', 'retirement.withdrawn'],
    );
  });

  it('does nothing else than what was shown', async () => {
    const { scene, plan, retire, words } = await deployed();
    const { plan: shown } = await plan();
    scene.environments.set('flights/production', { ...STATE, epoch: 6 });
    const answer = await retire({ plan: shown });
    assert.deepEqual([answer.status, answer.code], [409, 'plan_changed']);
    assert.deepEqual([scene.retirements, await words()], [[], []]);
  });

  it('takes its word back where the arbiter has moved on meanwhile', async () => {
    const { scene, ledger, plan, retire, words } = await deployed();
    const { plan: shown } = await plan();
    scene.refuseRetirements('plan_changed');
    const answer = await retire({ plan: shown });
    assert.equal(answer.code, 'plan_changed');
    assert.deepEqual(
      (await words()).map(({ kind }) => kind),
      ['retirement.asked', 'retirement.withdrawn'],
    );
    assert.equal(wordFor(await ledger.read(STREAM), 6, () => undefined).kind, 'missing');
  });

  it('is refused behind a rollout, which whoever wants both aborts first', async () => {
    const { scene, plan, retire, words } = await deployed({
      ...STATE,
      active: { epoch: 5, request: underWay, startedAt: 1 },
    });
    const shown = await plan();
    assert.equal((shown['underWay'] as { by: string }).by, 'author');
    const answer = await retire({ plan: shown['plan'] });
    assert.deepEqual([answer.status, answer.code], [409, 'rollout_active']);
    assert.match(answer.detail ?? '', /slipway rollout abort flights production/);
    assert.deepEqual([scene.retirements, await words()], [[], []]);
  });

  it('asks for a reason, and for a plan', async () => {
    const { plan, retire } = await deployed();
    const { plan: shown } = await plan();
    assert.equal((await retire({ plan: shown, reason: ' ' })).code, 'request_invalid');
    assert.equal((await retire({})).code, 'request_invalid');
    assert.equal((await retire({ plan: shown }, 'oncall')).status, 403);
  });
});
