/** What a plan of recovery reads out of the store alone. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { incidentKey } from '../../src/domain/incident/keys.js';
import { lastPromotedKey } from '../../src/domain/release/keys.js';
import { planRecovery } from '../../src/recovery/planRecovery.js';
import { COMMIT, digestOf, NOW, openScene } from './scene.js';

const installed = { models: ['flights'], environments: ['production'] };

const openPlan = () => {
  const { ports } = openScene();
  const put = (key: string, value: unknown): Promise<void> =>
    ports.store.putDocument(key, new TextEncoder().encode(JSON.stringify(value)));
  const incident = async (subject: string, status: string, openedAt = 1): Promise<string> => {
    const named = { model: 'flights', environment: 'production', kind: 'drift', subject, openedAt };
    const incidentId = `incident/flights/production/drift.${subject}`;
    await put(incidentKey(named), { ...named, incidentId, status });
    return incidentId;
  };
  return { ports, put, incident, plan: () => planRecovery(ports, installed, NOW) };
};

describe('a plan of recovery', () => {
  it('names incidents that are open, once each, and none that is resolved', async () => {
    const { incident, plan } = openPlan();
    await incident('wind', 'resolved');
    const load = await incident('load', 'acknowledged', 1);
    await incident('load', 'open', 2);
    assert.deepEqual((await plan()).incidents, [load]);
  });

  it('names them also where the store lists them in several pages', async () => {
    const { incident, plan } = openPlan();
    const named: string[] = [];
    for (let at = 0; at < 1_001; at += 1) named.push(await incident(`f${String(at).padStart(4, '0')}`, 'open'));
    assert.deepEqual((await plan()).incidents, named);
  });

  it('has drift watched where the last promoted release said, and not where the model was retired since', async () => {
    const { ports, put, plan } = openPlan();
    const releaseId = `release/flights/${COMMIT}`;
    const blob = async (value: object) =>
      (await ports.store.putBlob(new TextEncoder().encode(JSON.stringify(value)))).digest;
    const spec = { model: 'flights', environments: [{ name: 'production' }], monitoring: { everyMs: 60_000 } };
    const evidence = await blob({ specDigest: await blob(spec) });
    await ports.ledger.append(releaseId, 'integrate', 'stage.integrate', 1, { verdict: 'pass', evidence });
    await put(lastPromotedKey('flights'), { releaseId });
    const monitored = async () => (await plan()).monitored.map(({ environment }) => environment);
    assert.deepEqual(await monitored(), ['production']);
    const version = { artifactDigest: digestOf('1'), releaseId, commit: COMMIT };
    const entry = {
      requestId: 'r',
      kind: 'release',
      version,
      by: 'operator',
      reason: 'over',
      startedAt: 1,
      endedAt: 2,
    };
    for (const [epoch, outcome] of ['deployed', 'retired'].entries())
      await ports.ledger.append('environment/flights/production', `${epoch}`, `deployment.${outcome}`, 1, {
        ...{ ...entry, epoch: epoch + 1, outcome },
      });
    assert.deepEqual(await monitored(), []);
  });

  it('knows how often a release had been resumed', async () => {
    const { ports, put, plan } = openPlan();
    const releaseId = `release/flights/${COMMIT}`;
    const started = {
      model: 'flights',
      repository: 'flights',
      commit: COMMIT,
      trigger: 'author',
      params: {},
      order: 7,
    };
    await ports.ledger.append(releaseId, 'started', 'release.started', 1, started);
    const resumed = async () => (await plan()).interrupted.map((view) => view.resumed);
    assert.deepEqual(await resumed(), [undefined]);
    for (const number of [1, 2, 10]) await put(`releases/flights/${COMMIT}/told.${number}/report.html`, '');
    assert.deepEqual(await resumed(), [10]);
  });
});
