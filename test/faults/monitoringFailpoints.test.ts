import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { IncidentView } from '../../src/domain/incident/types.js';
import { INCIDENTS, rowsOf } from '../fixtures/incidents/incidents.js';
import { FERRIES, ferryFiles } from '../fixtures/product.js';
import { until } from '../supervisor/scene.js';
import { resumedAfter, watchKills } from './failpoints.js';
import { killedAt, openFaults, seconds, type FaultScene } from './scene.js';
import { sailDays } from './voyages.js';

const FAILPOINTS = [
  'measureDrift.stored',
  'moveWatermark.moved',
  'notifyOwner.delivered',
  'notifyOwner.recorded',
  'recordIncident.recorded',
  'exportTrainingData.stored',
  'startRetrain.started',
];

describe('given production whose world has turned, and failpoints in everything that watches and repairs', () => {
  let scene: FaultScene;
  before(async () => {
    scene = await openFaults({
      traffic: false,
      operator: { serving: { logEveryMs: 200 } },
      env: { SLIPWAY_FAILPOINTS: FAILPOINTS.join(',') },
    });
  });
  after(() => scene.close());

  it('F1 F2 F28: when the worker dies at each of them, then one incident tells its owner once, and one retrain is promoted', async (test) => {
    const { product } = scene;
    const name = `${FERRIES}/${product.repository.commit(ferryFiles())}`;
    const watch = watchKills(product, name, FAILPOINTS);
    assert.equal((await scene.ended(name)).outcome, 'promoted');
    for (const act of INCIDENTS.retrain.acts) if (act.act === 'sail') await sailDays(product, rowsOf(act));
    const incident = async (): Promise<IncidentView | undefined> => {
      const answer = await product.request('GET', `/api/v1/incidents/${FERRIES}/production/performance.brier`);
      return answer.ok ? ((await answer.json()) as IncidentView) : undefined;
    };
    let view = await incident().catch(() => undefined);
    for (; view?.status !== 'resolved'; view = await incident().catch(() => undefined)) {
      if (view === undefined) await product.slipway(['drift', 'check', FERRIES, 'production'], 'oncall');
      await delay(500);
    }
    const retrain = (view.remediation?.releaseId ?? '').replace(/^release\//, '');
    assert.equal((await scene.ended(retrain)).outcome, 'promoted');
    // The check itself may still be handing its findings over.
    await until(() => killedAt(product, 'moveWatermark.moved') !== undefined);
    const kills = await watch.end();
    const told = product.receiver.accepted().filter(({ type }) => type === 'incident_opened');
    assert.equal(told.filter(({ subject }) => subject.includes('brier')).length, 1);
    await scene.settle(test, `${kills.length} kills while watching and repairing`, {
      [name]: 'promoted',
      [retrain]: 'promoted',
    });
    for (const [failpoint, ms] of Object.entries(await resumedAfter(product, kills)))
      test.diagnostic(`killed at ${failpoint}: went on after ${seconds(ms)}`);
  });
});
