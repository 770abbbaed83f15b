/** Somebody changes what a serving node runs behind the arbiter's back, while callers ask it: the Schedule finds it, and it is put back. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ScheduleExecutionActionResult } from '@temporalio/client';
import type { DeploymentEntry } from '../../src/domain/environment/types.js';
import type { IncidentView } from '../../src/domain/incident/types.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { Fence, Role, TargetState, TargetVersion } from '../../src/domain/rollout/types.js';
import { exchangeJson } from '../../src/transport/exchange.js';
import { withEngine } from '../faults/engine.js';
import { commandsOf } from '../faults/observe.js';
import { ferryFiles, FERRIES, ferrySpec, openProduct, type Product } from '../fixtures/product.js';
import { startLoad, type SteadyLoad } from '../fixtures/steadyLoad.js';
import { eventually } from '../fixtures/eventually.js';
import type { targetWatch } from '../../workflows/index.js';
import { usualFerries } from '../fixtures/ferryTraffic.js';

interface Production {
  readonly epoch: number;
  readonly champion?: { readonly artifactDigest: string };
  readonly active?: object;
  readonly history: readonly DeploymentEntry[];
  readonly serving: TargetState;
}

const WATCH = `target/${FERRIES}/production`;
const INCIDENT = `incident/${FERRIES}/production/deployment_drift.production`;

describe('given production with traffic, and somebody at the admin socket of its serving node', () => {
  let product: Product;
  let traffic: SteadyLoad;
  const released: ReleaseView[] = [];
  before(async () => {
    product = await openProduct({ workers: 1 });
    for (const days of [12, 13]) {
      const files = ferryFiles({ 'slipway.yaml': ferrySpec({ 'data.days: 12': `data.days: ${days}` }) });
      const view = await product.untilEnded(await product.releaseOf(product.repository.commit(files)));
      assert.equal(view.outcome, 'promoted', view.reason);
      released.push(view);
    }
    traffic = startLoad(`${product.servingUrl('production')}/v2/models/${FERRIES}/infer`, usualFerries(), 2);
  });
  after(async () => {
    await traffic.stop();
    await product.close();
  });

  const production = async (): Promise<Production> =>
    (await product.request('GET', `/api/v1/models/${FERRIES}/environments/production`)).json() as Promise<Production>;
  const hexOf = ({ artifactDigest }: ReleaseView): string => artifactDigest!.slice('sha256:'.length);
  const version = ({ artifactDigest, releaseId, commit }: ReleaseView, weight: number, role: Role): TargetVersion => ({
    ...{ artifactDigest: artifactDigest!, releaseId, commit, weight, role },
  });
  const [former, champion] = [() => released[0]!, () => released[1]!];
  /** What whoever may open the socket can do: the node asks nobody. */
  const tellByHand = async (by: Fence, ...versions: readonly TargetVersion[]): Promise<void> => {
    const { epoch, seq } = (await production()).serving.fence;
    const fence = { epoch: epoch + by.epoch, seq: seq + by.seq };
    const { status, body } = await exchangeJson(
      { socketPath: join(product.home, 'run', 'serving-production.sock') },
      {
        ...{ method: 'PUT', path: `/deployments/${FERRIES}`, timeoutMs: 30_000 },
        body: { model: FERRIES, environment: 'production', fence, versions },
      },
    );
    assert.equal(status, 200, JSON.stringify(body));
  };
  /** The next run of the Schedule, at once: what it came to. */
  const look = (): Promise<Awaited<ReturnType<typeof targetWatch>>> =>
    withEngine(product, async (client) => {
      const schedule = client.schedule.getHandle(WATCH);
      const before = (await schedule.describe()).info.numActionsTaken;
      await schedule.trigger();
      let run: ScheduleExecutionActionResult['workflow'] | undefined;
      await eventually(async () => {
        const { numActionsTaken, recentActions } = (await schedule.describe()).info;
        assert.ok(numActionsTaken > before, 'it has begun');
        run = recentActions.at(-1)?.action.workflow;
      }, 60_000);
      return client.workflow.getHandle<typeof targetWatch>(run!.workflowId, run!.firstExecutionRunId).result();
    });
  const shares = ({ versions }: TargetState) =>
    versions.map(({ servedDigest, weight, role }) => [servedDigest, weight, role]);
  const status = async (): Promise<string> => (await product.say(['status'])).stdout;
  /** The champion has everything again, by a passage of the arbiter's own in that epoch; what callers get says so, too. */
  const assertPutBack = async (epoch: number, reason: RegExp): Promise<void> => {
    await eventually(async () => {
      const { history, active, serving } = await production();
      assert.deepEqual([history[0]?.epoch, active], [epoch, undefined]);
      assert.deepEqual(shares(serving), [[champion().artifactDigest, 100, 'champion']]);
    }, 120_000);
    const seen = await production();
    const [entry] = seen.history;
    assert.deepEqual([seen.epoch, seen.champion?.artifactDigest], [epoch, champion().artifactDigest]);
    assert.deepEqual([entry?.kind, entry?.by, entry?.outcome], ['remediation', WATCH, 'deployed']);
    assert.match(entry?.reason ?? '', reason);
    const hex = hexOf(champion()).slice(0, 12);
    assert.match(await status(), new RegExp(`production +${epoch} +${hex} +${hex} 100 %$`, 'm'));
  };
  const findings = async (): Promise<readonly string[]> => {
    const { output } = await product.slipway(['incident', 'show', INCIDENT], 'oncall');
    return (output as IncidentView).findings.map(({ finding }) => finding.reason);
  };
  const told = () => product.receiver.accepted().filter(({ type }) => type.startsWith('incident'));

  it('then the Schedule is there since the first deployment, and a look finds nothing', async () => {
    assert.deepEqual((await look()).kind, 'agrees');
    assert.match(await status(), /open incidents: none/);
  });

  it('when the weights are changed, then the change is told, and the champion has everything again in a new epoch', async () => {
    await tellByHand({ epoch: 0, seq: 1 }, version(champion(), 40, 'champion'), version(former(), 60, 'candidate'));
    const [mine, theirs] = [hexOf(champion()), hexOf(former())].map((hex) => hex.slice(0, 12));
    await eventually(
      async () =>
        assert.match(await status(), new RegExp(`production +2 +${mine} +${mine} 40 %, ${theirs} 60 %$`, 'm')),
      120_000,
    );
    await traffic.pass(200);
    const seen = await look();
    assert.equal(seen.kind, 'drifted');
    assert.match(seen.reason, /has 40 % as champion/);
    await assertPutBack(3, /^what ran was not what should: .*has 40 % as champion/);
    assert.match(await status(), new RegExp(`open incidents: ${INCIDENT}`));
    assert.match((await findings())[0] ?? '', /has 40 % as champion/);
    await eventually(
      () =>
        assert.deepEqual(
          told().map(({ to }) => to),
          ['oncall'],
        ),
      60_000,
    );
    assert.equal((await look()).kind, 'agrees');
  });

  it('when another version takes its place under a later epoch, then the champion is put back above that one', async () => {
    await tellByHand({ epoch: 5, seq: 0 }, version(former(), 100, 'champion'));
    await traffic.pass(200);
    assert.equal((await look()).kind, 'drifted');
    await assertPutBack(9, /somebody else told the target epoch 8; the arbiter is at 3/);
    assert.match((await findings()).at(-1) ?? '', /somebody else told the target epoch 8/);
    assert.equal((await look()).kind, 'agrees');
    const fences = commandsOf(product, 'production').map(({ epoch, seq }) => epoch * 1_000 + seq);
    assert.deepEqual(
      fences,
      [...new Set(fences)].sort((a, b) => a - b),
      'no command was carried out after a newer one',
    );
  });

  it('then no request of all that time failed, and both versions had answered', async () => {
    const { failures, answered, byVersion } = await traffic.stop();
    assert.deepEqual(failures, []);
    assert.ok(answered > 400, String(answered));
    assert.deepEqual(Object.keys(byVersion).sort(), [hexOf(former()), hexOf(champion())].sort());
  });

  it('when it is taken away whole, then it is put back', async () => {
    await tellByHand({ epoch: 0, seq: 1 });
    assert.match(await status(), /production +9 +[0-9a-f]{12} +nothing/);
    assert.equal((await look()).kind, 'drifted');
    await assertPutBack(10, /is missing/);
  });

  it('when epochs are used up, then it is told and not put back, and what serves goes on', async () => {
    await tellByHand({ epoch: 2_000, seq: 0 }, version(champion(), 100, 'champion'));
    const seen = await look();
    assert.equal(seen.kind, 'drifted');
    assert.match(seen.reason, /It is not put back: no honest epoch follows 2010/);
    await eventually(async () => assert.match((await findings()).at(-1) ?? '', /It is not put back/), 60_000);
    const { epoch, active, serving } = await production();
    assert.deepEqual([epoch, active, shares(serving)], [10, undefined, [[champion().artifactDigest, 100, 'champion']]]);
    assert.equal(told().length, 1, 'one problem, one alert');
  });
});
