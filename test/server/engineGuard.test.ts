import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { createEngineGuard, stayWithEngine } from '../../src/server/engineGuard.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { eventually } from '../fixtures/eventually.js';
import { openScene } from './scene.js';

const empty = (error: unknown): boolean => error instanceof SlipwayError && error.code === 'temporal_empty';

describe('an engine', () => {
  it('that lost its database is noticed, also after a restart of ours', async () => {
    const store = createMemoryBlobStore();
    let identity = 'default/1';
    const open = () => createEngineGuard({ identity: async () => identity }, store);
    await open().check();
    await open().check();
    identity = 'default/2';
    const guard = open();
    assert.doesNotThrow(() => guard.assertSame());
    await assert.rejects(guard.check(), empty);
    assert.throws(() => guard.assertSame(), empty);
    identity = 'default/1';
    await guard.check();
    assert.doesNotThrow(() => guard.assertSame());
  });

  it('is the first one for all when two processes begin at once', async () => {
    const store = createMemoryBlobStore();
    const guards = ['default/1', 'default/2'].map((identity) =>
      createEngineGuard({ identity: async () => identity }, store),
    );
    const ends = await Promise.allSettled(guards.map((guard) => guard.check()));
    assert.deepEqual(ends.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  });

  it('is watched: losing it and having it back are told once each', async () => {
    const store = createMemoryBlobStore();
    let identity = 'default/1';
    const guard = createEngineGuard({ identity: async () => identity }, store);
    await guard.check();
    const told: (string | undefined)[] = [];
    const watch = guard.watch(5, (lost) => void told.push(lost?.code));
    identity = 'default/2';
    await eventually(() => assert.deepEqual(told, ['temporal_empty']));
    identity = 'default/1';
    await eventually(() => assert.deepEqual(told, ['temporal_empty', undefined]));
    watch.stop();
  });
});

describe('a worker', () => {
  it('does not begin on an engine that lost its database', async () => {
    const store = createMemoryBlobStore();
    const guard = (identity: string) => createEngineGuard({ identity: async () => identity }, store);
    await stayWithEngine(guard('default/1'), () => assert.fail('it is the same'));
    await assert.rejects(
      stayWithEngine(guard('default/2'), () => undefined),
      empty,
    );
  });
});

describe('the API beside such an engine', () => {
  it('is unready, changes nothing, and still shows what is stored', async () => {
    const scene = openScene();
    assert.equal((await scene.ask(undefined, 'GET', '/ready')).statusCode, 200);
    scene.engine('default/2');
    const ready = await scene.ask(undefined, 'GET', '/ready');
    assert.equal(ready.statusCode, 503);
    assert.match(ready.json<{ checks: { temporal: string } }>().checks.temporal, /^temporal_empty/);
    const refused = await scene.ask('author', 'POST', '/api/v1/releases', { model: 'flights' });
    assert.deepEqual([refused.statusCode, refused.json<{ code: string }>().code], [503, 'temporal_empty']);
    assert.equal(scene.workflows.started.length, 0);
    assert.equal((await scene.ask('author', 'GET', '/api/v1/releases')).statusCode, 200);
  });

  it('lives while engine and store do not answer, and says which', async () => {
    const scene = openScene();
    scene.engine('');
    scene.store.fail(new SlipwayError('store_unreachable', 'no store'));
    const { checks } = (await scene.ask(undefined, 'GET', '/ready')).json<{ checks: Record<string, string> }>();
    assert.deepEqual(checks, { temporal: 'temporal_unreachable: no engine', store: 'store_unreachable: no store' });
    assert.equal((await scene.ask(undefined, 'GET', '/health')).statusCode, 200);
  });
});

describe('GET /metrics', () => {
  it('counts requests by route and status, not by address', async () => {
    const scene = openScene();
    await scene.ask('author', 'GET', `/api/v1/releases/flights/${'c'.repeat(40)}`);
    const { body } = await scene.ask(undefined, 'GET', '/metrics');
    assert.match(
      body,
      /slipway_api_request_seconds_count\{method="GET",route="\/api\/v1\/releases\/:model\/:release",status="404"\} 1/,
    );
    assert.match(body, /slipway_api_process_cpu_seconds_total/);
  });
});
