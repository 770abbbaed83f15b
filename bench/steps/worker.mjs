// A worker in a process of its own: `node worker.mjs slipway|raw <address> <bundle>`. `slipway` is the product's worker,
// with its metrics, logging, cache limit and error mapping; `raw` is the SDK as its documentation shows it.
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { withFailures } from '../../dist/activities/errors.js';
import { freeLocalPort } from '../../dist/src/adapters/temporal/workerHealth.js';
import { runWorkers } from '../../dist/src/adapters/temporal/worker.js';

const [kind, address, bundlePath] = process.argv.slice(2);
const nothing = async (step) => step;

if (kind === 'slipway') {
  await runWorkers({
    temporal: { address, namespace: 'default' },
    queues: ['control'],
    bundlePath,
    activities: { nothing: withFailures(nothing) },
    log: pino({ level: 'warn' }, pino.destination(2)),
    host: '127.0.0.1',
    port: await freeLocalPort(),
  });
} else {
  Runtime.install({ shutdownSignals: ['SIGTERM'] });
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue: 'raw',
    workflowBundle: { codePath: bundlePath },
    activities: { nothing },
  });
  await worker.run();
  await connection.close();
}
