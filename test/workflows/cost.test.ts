import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { billableActions, type Cost, type CostEvent } from '../../src/domain/insights/billableActions.js';
import { decideUpdate, environmentId, releaseId, releaseStateQuery, rolloutId } from '../../workflows/messages.js';
import { allGoesWell, inputOf, plan } from './cast.js';
import { openScene, type Scene } from './scene.js';

let scene: Scene;
before(async () => {
  scene = await openScene(allGoesWell(() => scene.environment.client.workflow));
});
after(() => scene.end());

const costOf = async (workflowId: string): Promise<Cost> => {
  const history = await scene.environment.client.workflow.getHandle(workflowId).fetchHistory();
  return billableActions((JSON.parse(historyToJSON(history)) as { events: readonly CostEvent[] }).events);
};

describe('cost of a release to production', () => {
  it('stays within 60 billable actions over release, environments and rollouts, and 1,500 events each', async (context) => {
    const input = { ...inputOf('c', 1), model: 'cost' };
    const id = releaseId(input.model, input.commit);
    const handle = await scene.environment.client.workflow.start('release', {
      taskQueue: 'control',
      workflowId: id,
      args: [input],
    });
    for (let round = 0; (await handle.query(releaseStateQuery)).waiting === undefined; round += 1) {
      assert.ok(round < 400, 'the release never waited');
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    await handle.executeUpdate(decideUpdate, { args: [{ statement: 'approve reviewer j1' }] });
    assert.equal(((await handle.result()) as { outcome: string }).outcome, 'promoted');

    const names = plan.environments.map((environment) => environment.name);
    const ids = [
      id,
      ...names.map((name) => environmentId('cost', name)),
      ...names.map((name) => rolloutId('cost', name, 1)),
    ];
    const costs = await Promise.all(ids.map(costOf));
    for (const [index, cost] of costs.entries())
      context.diagnostic(
        `${ids[index]}: ${cost.actions} actions, ${cost.events} events ${JSON.stringify(cost.byKind)}`,
      );
    const total = costs.reduce((sum, cost) => sum + cost.actions, 0);
    context.diagnostic(`together ${total} actions`);
    assert.ok(total <= 60, `${total} actions`);
    for (const cost of costs) assert.ok(cost.events <= 1_500, `${cost.events} events`);
  });
});
