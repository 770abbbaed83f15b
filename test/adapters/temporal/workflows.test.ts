import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import { openTemporalClient } from '../../../src/adapters/temporal/connection.js';
import { createTemporalVisibility } from '../../../src/adapters/temporal/visibility.js';
import { createTemporalWorkflows } from '../../../src/adapters/temporal/workflows.js';
import { SlipwayError } from '../../../src/domain/errors/slipwayError.js';
import { createMemoryWorkflows } from '../../fakes/memoryWorkflows.js';
import { startTemporal } from '../../servers/temporal.js';
import { workflowsContract } from './workflowsContract.js';

workflowsContract('memory', async () => {
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
  return { workflows: memory, visibility: memory, close: async () => undefined };
});

workflowsContract('Temporal', async () => {
  const server = await startTemporal();
  const client = openTemporalClient({ address: server.address, namespace: 'default', identity: 'contract' });
  const connection = await NativeConnection.connect({ address: server.address });
  const worker = await Worker.create({
    connection,
    taskQueue: 'control',
    workflowsPath: fileURLToPath(new URL('probeWorkflow.js', import.meta.url)),
  });
  const running = worker.run();
  return {
    workflows: createTemporalWorkflows(client),
    visibility: createTemporalVisibility(client),
    close: async () => {
      worker.shutdown();
      await running;
      await connection.close();
      await client.connection.close();
      await server.stop();
    },
  };
});
