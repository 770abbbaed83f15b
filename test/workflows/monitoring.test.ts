/**
 * Monitoring from its Schedules on: the development server, the real workflows and activities, real segments and
 * models. Only the serving node, Git and the receiver of alerts are in memory.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { readFileSync } from 'node:fs';
import type { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createActivities } from '../../activities/index.js';
import { ensureSourceSchedules } from '../../activities/ensureSourceSchedules.js';
import { createStartMonitoring } from '../../activities/startMonitoring.js';
import type { Ports } from '../../activities/ports.js';
import { readWatermark } from '../../activities/watermark.js';
import { openTemporalClient } from '../../src/adapters/temporal/connection.js';
import { createTemporalWorkflows } from '../../src/adapters/temporal/workflows.js';
import type { Version } from '../../src/domain/artifact/types.js';
import type { IncidentView } from '../../src/domain/incident/types.js';
import type { TargetCommand, TargetState } from '../../src/domain/rollout/types.js';
import type { DeployTarget } from '../../src/ports/deployTarget.js';
import {
  driftId,
  environmentId,
  environmentStateQuery,
  incidentId,
  QUEUES,
  releaseId,
  sourceId,
} from '../../workflows/messages.js';
import { eventually } from '../fixtures/eventually.js';
import { ENVIRONMENT, MODEL, openHarbour, type Harbour } from '../fixtures/incidents/harbour.js';
import { DAY, ferries, OPENING } from '../fixtures/incidents/world.js';
import { startTemporal, type TemporalServer } from '../servers/temporal.js';
import { installQuietRuntime } from '../fixtures/quietRuntime.js';

installQuietRuntime();

/** A serving node whose servers are ready at once. */
const target = (): DeployTarget => {
  let state: TargetState | undefined;
  return {
    apply: async ({ model, environment, fence, versions }: TargetCommand) => {
      state = {
        model,
        environment,
        fence,
        inferenceUrl: 'http://127.0.0.1:1',
        versions: versions.map(({ artifactDigest, weight, role }) => ({
          artifactDigest,
          weight,
          role,
          ready: true,
          servedDigest: artifactDigest,
          restarts: 0,
        })),
      };
      return state;
    },
    observe: async () => state,
    measure: async () => Promise.reject(new Error('not asked')),
  };
};

let server: TemporalServer;
let harbour: Harbour;
let ports: Ports;
let client: Client;
let sound: Version;
let skewed: Version;
const workers: Worker[] = [];
const running: Promise<void>[] = [];

before(async () => {
  [server, harbour] = await Promise.all([startTemporal(), openHarbour()]);
  client = openTemporalClient({ address: server.address, namespace: 'default' });
  const node = target();
  ports = { ...harbour.ports, workflows: createTemporalWorkflows(client), target: () => node };
  const connection = await NativeConnection.connect({ address: server.address });
  const code = readFileSync(new URL('../../workflow-bundle.js', import.meta.url), 'utf8');
  for (const taskQueue of Object.values(QUEUES)) {
    workers.push(
      await Worker.create({
        connection,
        taskQueue,
        activities: createActivities(ports),
        ...(taskQueue === QUEUES.control ? { workflowBundle: { code } } : {}),
      }),
    );
  }
  running.push(...workers.map((worker) => worker.run()));

  sound = await harbour.build('sound');
  await harbour.deploy(sound);
  await harbour.sail(ferries(OPENING, 7, 100, 'usual'));
  skewed = await harbour.build('skewed');
  await harbour.deploy(skewed);
  await harbour.sail(ferries(OPENING + 7 * DAY, 9, 100, 'usual'));
  const entry = (version: Version, epoch: number) =>
    ({
      requestId: `r${epoch}`,
      kind: 'release',
      epoch,
      version,
      outcome: 'deployed',
      by: 'author',
      reason: '',
      order: epoch,
      startedAt: 0,
      endedAt: 0,
    }) as const;
  const state = { ...harbour.state(), history: [entry(skewed, 2), entry(sound, 1)] };
  await client.workflow.start('environment', {
    taskQueue: QUEUES.control,
    workflowId: environmentId(MODEL, ENVIRONMENT),
    args: [{ model: MODEL, environment: ENVIRONMENT, state }],
  });
});
after(async () => {
  for (const worker of workers) worker.shutdown();
  await Promise.all(running);
  await client.connection.close();
  await server.stop();
  await harbour.end();
});

const champion = async (): Promise<string | undefined> =>
  (await client.workflow.getHandle(environmentId(MODEL, ENVIRONMENT)).query(environmentStateQuery)).champion
    ?.artifactDigest;

const recentRuns = async (scheduleId: string): Promise<readonly string[]> => {
  const { info } = await client.schedule.getHandle(scheduleId).describe();
  return info.recentActions.map(({ action }) => action.workflow.workflowId);
};

const check = async (runs: number): Promise<{ readonly status: string; readonly reason: string }> => {
  await ports.workflows.triggerSchedule(driftId(MODEL, ENVIRONMENT));
  let last = '';
  await eventually(async () => {
    const ids = await recentRuns(driftId(MODEL, ENVIRONMENT));
    assert.equal(ids.length, runs);
    last = ids.at(-1) ?? '';
  });
  return client.workflow.getHandle(last).result() as Promise<{ readonly status: string; readonly reason: string }>;
};

describe('monitoring', () => {
  it('a Schedule finds the loss, one alert goes out, and the version that caused it is rolled back', async () => {
    await createStartMonitoring(ports)({
      model: MODEL,
      environment: ENVIRONMENT,
      everyMs: 30 * DAY,
      note: skewed.releaseId,
    });
    assert.equal((await check(1)).status, 'measured');
    const id = incidentId(MODEL, ENVIRONMENT, 'performance', 'brier');
    const view = (await client.workflow.getHandle(id).result()) as IncidentView;
    assert.match(view.resolution ?? '', /rolled back to .* in epoch 3/);
    assert.equal(view.remediation?.action, 'rollback');
    assert.equal(await champion(), sound.artifactDigest);
    assert.deepEqual(
      harbour.ports.notified.map(({ kind, to }) => [kind, to]),
      [
        ['incident_opened', 'oncall'],
        ['incident_resolved', 'oncall'],
      ],
    );
    const entries = await ports.ledger.read(id);
    assert.deepEqual(
      entries.map((entry) => entry.kind),
      ['incident.opened', 'incident.remediated', 'incident.resolved'],
    );
    const watermark = await readWatermark(ports.store, MODEL, ENVIRONMENT);
    assert.deepEqual(watermark, { early: OPENING + 14 * DAY, complete: OPENING + 14 * DAY });
  });

  it('the next check has nothing to do, and nobody is told again', async () => {
    const again = await check(2);
    assert.equal(again.status, 'skipped');
    assert.match(again.reason, /no_window/);
    assert.equal(harbour.ports.notified.length, 2);
  });

  it('a commit alone starts its release', async () => {
    const commit = harbour.ports.source.commit(MODEL, { 'slipway.yaml': 'no mapping' });
    await ensureSourceSchedules(ports.workflows, [MODEL], 1_000);
    const handle = client.workflow.getHandle(releaseId(MODEL, commit));
    await eventually(async () => void (await handle.describe()));
    await client.schedule.getHandle(sourceId(MODEL)).pause();
    const view = (await handle.result()) as { readonly outcome: string; readonly reason: string };
    assert.equal(view.outcome, 'failed');
    assert.match(view.reason, /spec_invalid/);
  });
});
