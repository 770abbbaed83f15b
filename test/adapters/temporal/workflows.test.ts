import { after, before, describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { openTemporalClient } from '../../../src/adapters/temporal/connection.js';
import { createTemporalVisibility } from '../../../src/adapters/temporal/visibility.js';
import { createTemporalWorkflows } from '../../../src/adapters/temporal/workflows.js';
import { SlipwayError } from '../../../src/domain/errors/slipwayError.js';
import { createMemoryWorkflows } from '../../fakes/memoryWorkflows.js';
import { startDevServer } from './devServer.js';
import { workflowsContract } from './workflowsContract.js';

describe('Workflows in memory', () => {
  const memory = createMemoryWorkflows({
    probe: ({ input, end }) => {
      let sum = (input as { from: number }).from;
      return {
        signals: { add: ({ n }: { n: number }) => void (sum += n), finish: () => end({ sum }) },
        updates: {
          add: ({ n }: { n: number }) => {
            if (n < 0) throw new SlipwayError('reason_required', 'why less?', { n });
            return { sum: (sum += n) };
          },
        },
        queries: { state: () => ({ sum }) },
      };
    },
  });
  workflowsContract(() => ({ workflows: memory, visibility: memory }));
});

describe('Workflows on Temporal', () => {
  let client: Client;
  let end: () => Promise<void>;
  before(async () => {
    const server = await startDevServer();
    client = openTemporalClient({ address: server.address, namespace: 'default', identity: 'contract' });
    const connection = await NativeConnection.connect({ address: server.address });
    const worker = await Worker.create({
      connection,
      taskQueue: 'control',
      workflowsPath: fileURLToPath(new URL('probeWorkflow.js', import.meta.url)),
    });
    const running = worker.run();
    end = async () => {
      worker.shutdown();
      await running;
      await connection.close();
      await client.connection.close();
      await server.stop();
    };
  });
  after(() => end());
  workflowsContract(() => ({
    workflows: createTemporalWorkflows(client),
    visibility: createTemporalVisibility(client),
  }));
});
