/** A model leaves production, and comes back; the worker dies twice on the way. Through the command line, HTTP and real processes. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type { DeploymentEntry, Retired } from '../../src/domain/environment/types.js';
import type { IncidentView } from '../../src/domain/incident/types.js';
import type { LedgerAudit } from '../../src/domain/ledger/auditLedger.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { TargetState } from '../../src/domain/rollout/types.js';
import { environmentId, findingSignal, incidentId, rolloutId, settledSignal } from '../../workflows/messages.js';
import { APPROVED_BY_A_REVIEWER, ferryFiles, FERRIES, openProduct, type Product } from '../fixtures/product.js';
import { findingOf, incidentInput } from '../workflows/incidentCast.js';
import { usualFerries } from '../fixtures/ferryTraffic.js';

interface Production {
  readonly epoch: number;
  readonly champion?: { readonly artifactDigest: string };
  readonly retired?: Retired;
  readonly serving?: TargetState;
  readonly history: readonly DeploymentEntry[];
}

/** Between what is done and its acknowledgement: the traffic is gone, or one of two Schedules is. */
const FAILPOINTS = ['shiftTraffic.applied', 'endMonitoring.driftEnded'];
const PLACE = `/api/v1/models/${FERRIES}/environments/production`;
const SCHEDULES = [`drift/${FERRIES}/production`, `target/${FERRIES}/production`];

describe('given production that serves a model, an open incident, and a release that waits', () => {
  let product: Product;
  let connection: Connection;
  let client: Client;
  let champion: ReleaseView;
  let waiting = '';
  before(async () => {
    product = await openProduct({ workers: 1, env: { SLIPWAY_FAILPOINTS: FAILPOINTS.join(',') } });
    const address = product.state().processes.find(({ name }) => name === 'temporal')?.address ?? '';
    connection = await Connection.connect({ address });
    client = new Client({ connection });
    champion = await product.untilEnded(await product.releaseOf(product.repository.commit(ferryFiles())));
    assert.equal(champion.outcome, 'promoted', JSON.stringify(champion));
  });
  after(async () => {
    await connection.close();
    await product.close();
  });

  const production = async (): Promise<Production> =>
    (await product.request('GET', PLACE)).json() as Promise<Production>;
  const predict = async () => {
    const headers = { 'content-type': 'application/json' };
    const url = `${product.servingUrl('production')}/v2/models/${FERRIES}/infer`;
    const answer = await fetch(url, { method: 'POST', headers, body: usualFerries() });
    return { status: answer.status, ...((await answer.json()) as { model_version?: string; error?: string }) };
  };
  const schedulesLeft = async (): Promise<readonly string[]> => {
    const left: string[] = [];
    for (const id of SCHEDULES) {
      const described = await client.schedule
        .getHandle(id)
        .describe()
        .then(() => true)
        .catch((error: unknown) => {
          if (/not found/i.test(String(error))) return false;
          throw error;
        });
      if (described) left.push(id);
    }
    return left;
  };
  const hexOf = ({ artifactDigest }: ReleaseView): string => artifactDigest?.slice('sha256:'.length) ?? 'none';

  it('when nobody said so, then neither a message nor a rollout by hand takes the model away', async () => {
    assert.equal((await predict()).status, 200);
    assert.deepEqual(await schedulesLeft(), SCHEDULES);
    const { epoch, champion: serves } = await production();
    const version = { ...serves, releaseId: champion.releaseId, commit: champion.commit };
    const outcome = await client.workflow.execute('rollout', {
      taskQueue: 'control',
      workflowId: rolloutId(FERRIES, 'production', epoch),
      args: [
        {
          ...{ model: FERRIES, environment: 'production', epoch, requestId: 'forged', candidate: version },
          ...{ plan: { strategy: 'immediate' }, retires: true, seq: 900 },
        },
      ],
    });
    assert.match(JSON.stringify(outcome), /no word of an operator/);
    await client.workflow
      .getHandle(environmentId(FERRIES, 'production'))
      .signal(settledSignal, { requestId: 'forged', epoch, outcome: { kind: 'completed', steps: [] } });
    assert.equal((await predict()).status, 200);
  });

  it('when an operator retires it, then callers get 404, nothing watches any more, and all of it is on record', async () => {
    const input = incidentInput(FERRIES);
    await client.workflow.signalWithStart('incident', {
      taskQueue: 'control',
      workflowId: incidentId(FERRIES, 'production', 'performance', 'brier'),
      args: [input],
      signal: findingSignal,
      signalArgs: [findingOf(0, champion.artifactDigest)],
      searchAttributes: { SlipwayModel: [FERRIES], SlipwayEnvironment: ['production'] },
    });
    waiting = await product.releaseOf(
      product.repository.commit(ferryFiles({ 'slipway.yaml': APPROVED_BY_A_REVIEWER })),
    );
    await product.untilRelease(waiting, (view) => (view.waiting ?? view.outcome) !== undefined);
    const incident = async (): Promise<IncidentView | undefined> => {
      const answer = await product.request('GET', `/api/v1/incidents/${FERRIES}/production/performance.brier`);
      return answer.ok ? ((await answer.json()) as IncidentView) : undefined;
    };
    while ((await incident())?.alertsDelivered !== 1) await delay(100);

    const words = ['retire', FERRIES, '--from', 'production'];
    const planned = await product.say([...words, '--plan'], 'author');
    assert.equal(planned.exit, 0, planned.stderr);
    assert.match(planned.stdout, new RegExp(`ends incident/${FERRIES}/production/performance.brier`));
    assert.match(planned.stdout, /supersedes .*, which is on its way there/);
    assert.equal((await product.say([...words, '--reason', 'over'], 'author')).exit, 3, 'authors may not');
    const done = await product.say([...words, '--reason', 'the season is over'], 'oncall');
    assert.equal(done.exit, 0, done.stderr);
    assert.match(done.stdout, /has left production/);

    const gone = await predict();
    assert.deepEqual([gone.status, typeof gone.error], [404, 'string'], JSON.stringify(gone));
    const left = await production();
    assert.deepEqual([left.champion, left.serving?.versions], [undefined, []]);
    assert.deepEqual([left.retired?.by, left.retired?.reason], ['oncall', 'the season is over']);
    while ((await schedulesLeft()).length > 0) await delay(100);
    while ((await incident())?.status !== 'resolved') await delay(100);
    assert.match((await incident())?.resolution ?? '', /was retired by oncall: the season is over/);
    const superseded = await product.untilEnded(waiting);
    assert.equal(superseded.outcome, 'superseded', superseded.reason);
    assert.match(superseded.reason ?? '', /the retirement from production by oncall/);
    assert.match((await product.say(['status'])).stdout, /was retired by oncall: the season is over/);
    const again = await product.say([...words, '--reason', 'again'], 'oncall');
    assert.deepEqual([again.exit, /nothing_to_retire/.test(again.stderr)], [3, true], again.stderr);

    const killed = FAILPOINTS.filter((name) => existsSync(join(product.home, 'run', `failpoint-${name}`)));
    assert.deepEqual(killed, FAILPOINTS);
    const { output } = await product.slipway(['audit', 'verify']);
    const audit = output as LedgerAudit;
    assert.deepEqual([audit.ok, audit.faults], [true, []]);
  });

  it('when it is released again, then it comes like a first version, in a higher epoch, and is watched again', async () => {
    const before = await production();
    const view = await product.untilEnded(
      await product.releaseOf(product.repository.commit(ferryFiles({ 'lib/note.mjs': '// again\n' }))),
    );
    assert.equal(view.outcome, 'promoted', view.reason);
    const after = await production();
    assert.ok(after.epoch > before.epoch);
    assert.deepEqual([after.champion?.artifactDigest, after.retired], [view.artifactDigest, undefined]);
    assert.equal((await predict()).model_version, hexOf(view));
    assert.deepEqual(await schedulesLeft(), SCHEDULES);
    // The same artifact or not: what was retired is an earlier version like any other.
    const back = await product.say(
      ['rollback', FERRIES, 'production', '--to', hexOf(champion).slice(0, 12), '--reason', 'compare'],
      'oncall',
    );
    assert.equal(back.exit, hexOf(champion) === hexOf(view) ? 3 : 0, back.stderr);
  });
});
