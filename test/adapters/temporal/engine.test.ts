import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openTemporalClient } from '../../../src/adapters/temporal/connection.js';
import { createTemporalEngine } from '../../../src/adapters/temporal/engine.js';
import { createTemporalVisibility } from '../../../src/adapters/temporal/visibility.js';
import { createTemporalWorkflows } from '../../../src/adapters/temporal/workflows.js';
import { SlipwayError } from '../../../src/domain/errors/slipwayError.js';
import { startTemporal } from '../../servers/temporal.js';

describe('the engine', () => {
  const folder = mkdtemp(join(tmpdir(), 'slipway-engine-'));
  after(async () => rm(await folder, { recursive: true, force: true }));

  it('keeps its identity with its database, and has another with a new one', async () => {
    const first = await startTemporal({ dbFile: join(await folder, 'temporal.db') });
    const client = openTemporalClient({ address: first.address, namespace: 'default' });
    const engine = createTemporalEngine(client);
    const identity = await engine.identity();
    await first.kill9();
    await assert.rejects(
      engine.identity(),
      (error) => error instanceof SlipwayError && error.code === 'temporal_unreachable',
    );
    await first.restart();
    assert.equal(await engine.identity(), identity);
    await first.stop();

    const empty = await startTemporal({ port: Number(first.address.split(':')[1]) });
    assert.notEqual(await engine.identity(), identity);
    await empty.stop();
    await client.connection.close();
  });

  it('that hangs is named with its address by whoever looks; what was asked of it may still happen', async (context) => {
    const server = await startTemporal();
    context.after(() => server.kill9());
    const client = openTemporalClient({ address: server.address, namespace: 'default' });
    const workflows = createTemporalWorkflows(client, { queryMs: 1_000, updateMs: 1_000 });
    const start = { workflowType: 'release', workflowId: 'w', input: {}, summary: '', searchAttributes: {} };
    // A busy machine has its time: only what hangs is given little.
    await createTemporalWorkflows(client).startOnce(start);
    // Nobody works here: the engine answers, and the workflow cannot.
    await assert.rejects(workflows.query('w', 'state'), {
      code: 'timed_out',
      message: 'no worker answered in 1 s (query state of w)',
    });
    process.kill(server.pid, 'SIGSTOP');
    const silent = (doing: string, seconds: number) => ({
      code: 'temporal_unreachable',
      message: `Temporal at ${server.address} did not answer in ${seconds} s (${doing})`,
    });
    try {
      await Promise.all([
        assert.rejects(workflows.query('w', 'state'), silent('query state of w', 1)),
        assert.rejects(
          createTemporalVisibility(client).list({ workflowType: 'release', limit: 1 }),
          silent('list release', 10),
        ),
        assert.rejects(createTemporalEngine(client).identity(), silent('namespace default', 10)),
        assert.rejects(workflows.signal('w', 's', {}), {
          code: 'timed_out',
          message: 'no answer came in 1 s (signal s to w)',
        }),
      ]);
    } finally {
      process.kill(server.pid, 'SIGCONT');
      await client.connection.close();
    }
  });

  it('is unreachable, for every call, within seconds', async () => {
    const client = openTemporalClient({ address: '127.0.0.1:1', namespace: 'default' });
    const workflows = createTemporalWorkflows(client);
    const unreachable = (error: unknown): boolean =>
      error instanceof SlipwayError && error.code === 'temporal_unreachable' && error.retryable;
    const start = { workflowType: 'release', workflowId: 'w', input: {}, summary: '', searchAttributes: {} };
    await Promise.all([
      assert.rejects(workflows.startOnce(start), unreachable),
      assert.rejects(workflows.signalWithStart(start, 's', {}), unreachable),
      assert.rejects(workflows.signal('w', 's', {}), unreachable),
      assert.rejects(workflows.update('w', 'u', {}), unreachable),
      assert.rejects(workflows.query('w', 'q'), unreachable),
      assert.rejects(workflows.cancel('w'), unreachable),
      assert.rejects(workflows.triggerSchedule('s'), unreachable),
    ]);
    await client.connection.close();
  });
});
