import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createNotifyOwner, type NotifyOwnerInput, type OwnerNotified } from '../../activities/notifyOwner.js';
import { createRecordIncident } from '../../activities/recordIncident.js';
import { createStartRetrain, type RetrainStarted } from '../../activities/startRetrain.js';
import { encodeJson, readDocument } from '../../activities/documents.js';
import { readRemediations } from '../../activities/remediationMemory.js';
import type { Version } from '../../src/domain/artifact/types.js';
import { newEnvironment } from '../../src/domain/environment/newEnvironment.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { incidentKey, remediationMemoryKey } from '../../src/domain/incident/keys.js';
import {
  cooldownEnds,
  retrainLostOn,
  turnedDown,
  type RememberedRemediation,
  type RemediationMemory,
} from '../../src/domain/incident/remediationMemory.js';
import type { IncidentView } from '../../src/domain/incident/types.js';
import { incidentId, releaseId, type ReleaseInput } from '../../workflows/messages.js';
import { createMemorySourceControl } from '../fakes/memorySourceControl.js';
import { createMemoryWorkflows, type MemoryWorkflows } from '../fakes/memoryWorkflows.js';
import { testPorts, type TestPorts } from '../fakes/ports.js';
import { createSleepyStore } from '../fakes/sleepyStore.js';

const digest = (letter: string): `sha256:${string}` => `sha256:${letter.repeat(64)}`;
const serving = (commit: string): Version => ({
  artifactDigest: digest('b'),
  releaseId: `release/m/${commit}`,
  commit,
});

const view = (change: Partial<IncidentView> = {}): IncidentView => ({
  incidentId: incidentId('m', 'production', 'performance', 'brier'),
  model: 'm',
  environment: 'production',
  kind: 'performance',
  subject: 'brier',
  status: 'open',
  openedAt: 1_000,
  owner: 'oncall',
  findings: [
    {
      findingId: 'f1',
      finding: { kind: 'performance', subject: 'brier', reason: 'brier is 0.3', pages: true },
      report: digest('e'),
      artifactDigest: digest('b'),
      window: { start: 0, end: 7 },
    },
  ],
  alertsDelivered: 0,
  timeline: [],
  ...change,
});

let ports: TestPorts;
let workflows: MemoryWorkflows;
let champion: Version | undefined;
beforeEach(async () => {
  champion = serving('c');
  workflows = createMemoryWorkflows({
    release: () => ({}),
    environment: () => ({
      queries: { state: () => newEnvironment('m', 'production', champion === undefined ? {} : { champion }) },
    }),
  });
  await workflows.startOnce({
    workflowType: 'environment',
    workflowId: 'environment/m/production',
    input: {},
    summary: '',
    searchAttributes: {},
  });
  const base = testPorts({ workflows, source: createMemorySourceControl(['m']) });
  ports = { ...base, settings: { ...base.settings, models: { m: { repository: 'm', branch: 'main', clocks: {} } } } };
});

describe('notifyOwner', () => {
  const notify = (change: Partial<NotifyOwnerInput> = {}, at: TestPorts = ports): Promise<OwnerNotified> =>
    createNotifyOwner(at)({ view: view(), kind: 'opened', to: 'oncall', findingIds: ['f1'], ...change });

  it('delivers once, though it runs twice, and writes it down', async () => {
    assert.deepEqual(await notify(), { told: true });
    assert.deepEqual(await notify(), { told: true });
    assert.deepEqual(
      ports.notified.map(({ id, kind, to }) => [id, kind, to]),
      [[`${view().incidentId}@1000/opened`, 'incident_opened', 'oncall']],
    );
    const entries = await ports.ledger.read(view().incidentId);
    assert.deepEqual(
      entries.map(({ kind, entryId }) => [kind, entryId]),
      [['incident.opened', '1000/opened']],
    );
    assert.deepEqual(await readDocument(ports.store, incidentKey(view())), view());
  });

  it('repeats with the same ID after a death between delivery and record, which receivers drop', async () => {
    const dying = { ...ports, failpoint: () => assert.fail('killed') };
    await assert.rejects(notify({}, dying), /killed/);
    await notify();
    assert.equal(new Set(ports.notified.map(({ id }) => id)).size, 1);
  });

  it('writes into no stream but that of what the incident is about, and no entry of another kind', async () => {
    const stream = 'environment/m/production';
    const named = view({ incidentId: stream });
    const notYet = view({ openedAt: '5' as unknown as number });
    const record = createRecordIncident(ports);
    const step = { event: 'acknowledged', at: 1, body: {} };
    for (const forged of [named, notYet, view({ environment: 'staging' })]) {
      await assert.rejects(notify({ view: forged }), { code: 'record_mismatch' });
      await assert.rejects(record({ ...step, view: forged }), { code: 'record_mismatch' });
    }
    for (const event of ['opened', 'escalated/1', 'resolved', 'deployed', 'acknowledged/../x', 'remediated/-1'])
      await assert.rejects(record({ ...step, view: view(), event }), { code: 'record_mismatch' }, event);
    assert.deepEqual(await ports.ledger.read(stream), []);
    assert.deepEqual(await ports.ledger.read(view().incidentId), []);
    assert.equal(ports.notified.length, 0);
    await record({ ...step, view: view(), body: { openedAt: 7 } });
    const [entry] = await ports.ledger.read(view().incidentId);
    assert.deepEqual([entry?.kind, entry?.body], ['incident.acknowledged', { openedAt: 1_000 }]);
  });

  it('alerts nobody about findings that an earlier incident handled; new ones it does', async () => {
    await notify();
    await notify({
      kind: 'resolved',
      findingIds: ['f1', 'f2'],
      view: view({ status: 'resolved', resolution: 'rolled back' }),
    });
    const later = view({ openedAt: 2_000 });
    assert.equal((await notify({ view: later, findingIds: ['f2'] })).told, false);
    assert.equal((await notify({ view: later, findingIds: ['f2', 'f3'] })).told, true);
    assert.deepEqual(
      ports.notified.map(({ id }) => id.split('@')[1]),
      ['1000/opened', '1000/resolved', '2000/opened'],
    );
  });

  it('alerts nobody about a version that serves no more', async () => {
    champion = { ...serving('d'), artifactDigest: digest('d') };
    const answer = await notify();
    assert.equal(answer.told, false);
    assert.match(answer.reason ?? '', /serves no more/);
    assert.equal(ports.notified.length, 0);
  });

  it('tells each owner of an escalation once', async () => {
    await notify({ kind: 'escalated', to: 'reviewer', number: 1 });
    await notify({ kind: 'escalated', to: 'reviewer', number: 1 });
    await notify({ kind: 'escalated', to: 'author', number: 2 });
    assert.deepEqual(
      ports.notified.map(({ kind, to }) => [kind, to]),
      [
        ['incident_escalated', 'reviewer'],
        ['incident_escalated', 'author'],
      ],
    );
  });

  it('fails where the receiver does, so that it is tried again', async () => {
    const down = {
      ...ports,
      notifier: { notify: async () => Promise.reject(new SlipwayError('notification_failed', 'down')) },
    };
    await assert.rejects(notify({}, down), /down/);
    assert.deepEqual(await ports.ledger.read(view().incidentId), []);
  });
});

describe('recordIncident', () => {
  const remembered = (id: string, won: boolean, dataUntil = 7): RememberedRemediation => ({
    id,
    incidentId: view().incidentId,
    action: 'retrain',
    at: 500,
    artifactDigest: digest('b'),
    dataUntil,
    won,
    lost: !won,
    outcome: won ? 'promoted' : 'blocked',
  });
  const record = (entry: RememberedRemediation, event = 'remediated/1') =>
    createRecordIncident(ports)({ view: view(), event, at: 600, body: { why: 'test' }, remembered: entry });
  const memory = () => readRemediations(ports.store, 'm', 'production');

  it('remembers a remediation once, though it runs twice', async () => {
    await record(remembered('a', false));
    await record(remembered('a', false));
    await record(remembered('b', true), 'remediated/2');
    assert.deepEqual(
      (await memory())?.remediations.map(({ id, won }) => [id, won]),
      [
        ['a', false],
        ['b', true],
      ],
    );
    assert.deepEqual(
      (await ports.ledger.read(view().incidentId)).map((entry) => entry.kind),
      ['incident.remediated', 'incident.remediated'],
    );
  });

  it('forgets no remediation because of a worker that woke up late', async () => {
    await record(remembered('a', false));
    const sleepy = createSleepyStore(ports.store, 'putDocument');
    const late = createRecordIncident({ ...ports, store: sleepy.store })({
      ...{ view: view(), event: 'remediated/2', at: 600, body: {}, remembered: { ...remembered('b', false), at: 600 } },
    });
    await sleepy.asleep;
    await record({ ...remembered('c', true), at: 9_000 }, 'remediated/3');
    sleepy.wake();
    await late;
    const known = await memory();
    assert.deepEqual(
      known?.remediations.map(({ id }) => id),
      ['a', 'b', 'c'],
    );
    assert.equal(cooldownEnds(known, 1_000), 10_000, 'the cooldown of the last one holds');
  });

  it('goes on from what an earlier version kept in one document, and keeps a hundred', async () => {
    const before: RemediationMemory = { remediations: [remembered('before', false)] };
    await ports.store.putDocument(remediationMemoryKey('m', 'production'), encodeJson(before));
    for (let number = 1; number <= 101; number += 1)
      await record({ ...remembered(`a/${number}`, false), at: 500 + number }, `remediated/${number}`);
    const ids = (await memory())?.remediations.map(({ id }) => id);
    assert.deepEqual([ids?.length, ids?.[0], ids?.at(-1)], [100, 'a/2', 'a/101']);
    const kept = await ports.store.listDocuments('pointers/remediation/m/production/');
    assert.equal(kept.length, 100);
    await ports.store.deleteDocument(kept[0]!);
    assert.equal((await memory())?.remediations[0]?.id, 'before');
  });

  it('feeds the guards: the cooldown of the last one, and retrains that lost on the same data', async () => {
    await record(remembered('a', false));
    const known = await memory();
    assert.equal(cooldownEnds(known, 1_000), 1_500);
    assert.equal(cooldownEnds(undefined, 1_000), undefined);
    assert.equal(retrainLostOn(known, digest('b'), 7), true);
    assert.equal(retrainLostOn(known, digest('b'), 8), false, 'newer data make it worth another try');
    assert.equal(retrainLostOn(known, digest('c'), 7), false, 'against another version');
    assert.deepEqual(['promoted', 'blocked', 'rejected', 'superseded', 'cancelled', undefined].map(turnedDown), [
      false,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('startRetrain', () => {
  const data = { digest: digest('d'), size: 10, rows: 700, from: 0, until: Date.parse('2001-03-05T00:00:00Z') };
  const commit = (): string => (ports.source as ReturnType<typeof createMemorySourceControl>).commit('m', { a: '1' });
  const start = (version: Version, given = data): Promise<RetrainStarted> =>
    createStartRetrain(ports)({
      model: 'm',
      incidentId: view().incidentId,
      serving: version,
      data: given,
      reason: 'labels are mature',
    });
  const inputs = () =>
    workflows.started
      .filter((started) => started.workflowType === 'release')
      .map((started) => started.input as ReleaseInput);

  it('releases the commit that serves with the exported rows, and is told of its end', async () => {
    const hash = commit();
    const { releaseId: id } = await start(serving(hash));
    const [input] = inputs();
    assert.equal(id, releaseId('m', hash, input?.rerun));
    assert.deepEqual(input?.params, { 'data.exported': data.digest, 'data.until': '2001-03-05' });
    assert.deepEqual([input?.trigger.kind, input?.trigger.by, input?.order], ['retrain', view().incidentId, 1]);
  });

  it('starts the same retrain once, and another one for other data', async () => {
    const version = serving(commit());
    const first = await start(version);
    assert.deepEqual(await start(version), first);
    assert.notEqual((await start(version, { ...data, digest: digest('f') })).releaseId, first.releaseId);
    assert.equal(inputs().length, 2);
  });

  it('says how it ended where the same retrain ran before', async () => {
    const version = serving(commit());
    const { releaseId: id } = await start(version);
    await ports.store.putDocument(
      `${id.replace('release/', 'releases/')}/release.json`,
      encodeJson({ outcome: 'blocked', reason: 'quality' }),
    );
    assert.deepEqual((await start(version)).ended, { outcome: 'blocked', reason: 'quality' });
  });
});
