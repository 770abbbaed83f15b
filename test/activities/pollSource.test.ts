import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createPollSource, type PollOutcome } from '../../activities/pollSource.js';
import { ensureSourceSchedules } from '../../activities/ensureSourceSchedules.js';
import { createStartMonitoring } from '../../activities/startMonitoring.js';
import { readDocument } from '../../activities/documents.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { SourceSeen } from '../../src/domain/release/sourceSeen.js';
import { driftId, QUEUES, releaseId, sourceId, type ReleaseInput } from '../../workflows/messages.js';
import { createMemorySourceControl, type MemorySourceControl } from '../fakes/memorySourceControl.js';
import { createMemoryWorkflows, type MemoryWorkflows } from '../fakes/memoryWorkflows.js';
import { testPorts, type TestPorts } from '../fakes/ports.js';

let source: MemorySourceControl;
let workflows: MemoryWorkflows;
let ports: TestPorts;
beforeEach(() => {
  source = createMemorySourceControl(['m']);
  workflows = createMemoryWorkflows({ release: () => ({}) });
  const base = testPorts({ source, workflows });
  ports = {
    ...base,
    directory: { identities: async () => [{ name: 'author', roles: ['author'], gitEmails: ['author@example.test'] }] },
    settings: { ...base.settings, models: { m: { repository: 'm', branch: 'main', clocks: {} } } },
  };
});

const poll = (): Promise<PollOutcome> => createPollSource(ports)({ model: 'm' });
const pointer = () => readDocument<SourceSeen>(ports.store, 'pointers/source/m.json');
const inputs = (): readonly ReleaseInput[] => workflows.started.map((start) => start.input as ReleaseInput);

describe('pollSource', () => {
  it('starts the release of a new head by the commit alone, in the name of its author', async () => {
    const commit = source.commit('m', { 'slipway.yaml': '1' }, 'Author@Example.test', 'first');
    assert.deepEqual(await poll(), { commit, releaseId: releaseId('m', commit), started: true });
    const [input] = inputs();
    assert.deepEqual(
      { ...input, trigger: { ...input?.trigger, at: 0 } },
      {
        model: 'm',
        repository: 'm',
        commit,
        order: 1,
        trigger: { kind: 'commit', by: 'author', at: 0, reason: 'first' },
        params: {},
      },
    );
  });

  it('names an author whom nobody knows by the address', async () => {
    source.commit('m', { 'slipway.yaml': '1' }, 'stranger@example.test');
    await poll();
    assert.equal(inputs()[0]?.trigger.by, 'stranger@example.test');
  });

  it('starts a head once, however often it is polled', async () => {
    const commit = source.commit('m', { 'slipway.yaml': '1' });
    await poll();
    assert.equal((await poll()).started, false);
    await ports.store.deleteDocument('pointers/source/m.json');
    assert.equal((await poll()).started, false, 'the engine remembers, too');
    assert.equal(workflows.started.length, 1);
    assert.equal((await pointer())?.commit, commit);
    const second = source.commit('m', { 'slipway.yaml': '2' });
    assert.equal((await poll()).releaseId, releaseId('m', second));
  });

  it('does not release a head again that was seen before the engine lost everything', async () => {
    source.commit('m', { 'slipway.yaml': '1' });
    await poll();
    ports = { ...ports, workflows: createMemoryWorkflows({ release: () => assert.fail('released again') }) };
    assert.equal((await poll()).started, false);
  });

  it('does not move the pointer before the start is durable', async () => {
    source.commit('m', { 'slipway.yaml': '1' });
    workflows.fail(new SlipwayError('temporal_unreachable', 'down'));
    await assert.rejects(poll(), /down/);
    assert.equal(await pointer(), undefined);
    workflows.fail();
    assert.equal((await poll()).started, true);
  });

  it('repeats nothing after a death between the start and the pointer', async () => {
    source.commit('m', { 'slipway.yaml': '1' });
    const dying = { ...ports, failpoint: () => assert.fail('killed') };
    await assert.rejects(createPollSource(dying)({ model: 'm' }), /killed/);
    assert.equal((await poll()).started, false);
    assert.equal(workflows.started.length, 1);
    assert.notEqual(await pointer(), undefined);
  });

  it('passes over heads without slipway.yaml until the first that has one', async () => {
    const bare = source.commit('m', { 'train.py': '1' });
    assert.equal((await poll()).started, false);
    assert.deepEqual(await pointer(), { skipped: bare });
    const first = source.commit('m', { 'slipway.yaml': '1' });
    assert.equal((await poll()).started, true);
    const lost = source.commit('m', { 'slipway.yaml': null });
    assert.equal((await poll()).started, true, 'later its release says that it is missing');
    assert.deepEqual(
      inputs().map(({ commit }) => commit),
      [first, lost],
    );
  });

  it('keeps why a repository cannot be read, once, and forgets it when it can', async () => {
    const commit = source.commit('m', { 'slipway.yaml': '1' });
    await poll();
    let writes = 0;
    const { head } = source;
    const failing = (message: string) => {
      source.head = () => Promise.reject(new SlipwayError('repository_unreachable', message));
    };
    const { store } = ports;
    ports = {
      ...ports,
      store: {
        ...store,
        putDocument: (...given) => {
          writes += 1;
          return store.putDocument(...given);
        },
      },
    };
    failing('no answer after 21 ms');
    await assert.rejects(poll(), /no answer after 21 ms/);
    failing('no answer after 34 ms');
    await assert.rejects(poll(), /no answer after 34 ms/);
    const { problem, ...before } = (await pointer()) ?? {};
    assert.deepEqual(
      [before.commit, problem?.code, problem?.message, writes],
      [commit, 'repository_unreachable', 'no answer after 21 ms', 1],
    );
    source.head = head;
    await poll();
    await poll();
    assert.deepEqual([await pointer(), writes], [before, 2]);
  });

  it('refuses a model that is not configured', async () => {
    await assert.rejects(
      createPollSource(ports)({ model: 'other' }),
      (error: unknown) => error instanceof SlipwayError && error.code === 'unknown_model',
    );
  });
});

describe('schedules', () => {
  it('watch every configured model, under the names that workflows have', async () => {
    await ensureSourceSchedules(workflows, ['m', 'n'], 10_000);
    await ensureSourceSchedules(workflows, ['m', 'n'], 20_000);
    assert.deepEqual([...workflows.schedules.keys()], [sourceId('m'), sourceId('n')]);
    const schedule = workflows.schedules.get(sourceId('m'));
    assert.deepEqual(
      [schedule?.everyMs, schedule?.workflowType, schedule?.workflowId, schedule?.taskQueue, schedule?.input],
      [20_000, 'sourceWatch', sourceId('m'), QUEUES.control, { model: 'm' }],
    );
  });

  it('watch an environment once it has a version, with the interval that slipway.yaml declares', async () => {
    await createStartMonitoring(ports)({ model: 'm', environment: 'production', everyMs: 60_000, note: 'release/m/1' });
    const schedule = workflows.schedules.get(driftId('m', 'production'));
    assert.deepEqual(
      [
        schedule?.everyMs,
        schedule?.workflowType,
        schedule?.workflowId,
        schedule?.taskQueue,
        schedule?.note,
        schedule?.input,
      ],
      [
        60_000,
        'driftWatch',
        driftId('m', 'production'),
        QUEUES.control,
        'Drift check of m in production, since release/m/1',
        { model: 'm', environment: 'production' },
      ],
    );
  });
});
