import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { startTemporal } from '../../dist/test/servers/temporal.js';
import { compare } from '../measure.mjs';

const STEPS = 10;
const AT_ONCE = 50;
const QUEUES = { ours: 'control', peer: 'raw' };

/** Ten steps that do nothing, one workflow and fifty at once: the product's worker against the SDK as it comes. */
export const compareSteps = async ({ rounds }) => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  const temporal = await startTemporal({ dbFile: join(folder, 'temporal.db') });
  const bundlePath = join(folder, 'bundle.js');
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('workflows.mjs', import.meta.url)),
    logger: new DefaultLogger('WARN'),
  });
  await writeFile(bundlePath, code);
  const workers = ['slipway', 'raw'].map((kind) => startWorker(kind, temporal.address, bundlePath));
  const connection = await Connection.connect({ address: temporal.address });
  const client = new Client({ connection });

  let runs = 0;
  const run = (who) =>
    client.workflow.execute('noopSteps', {
      taskQueue: QUEUES[who],
      workflowId: `bench-${who}-${(runs += 1)}`,
      args: [STEPS],
    });
  const many = (who) => Promise.all(Array.from({ length: AT_ONCE }, () => run(who)));
  try {
    return [
      await compare({
        rounds,
        name: `${STEPS} no-op steps in sequence`,
        peerName: 'raw Temporal SDK',
        ours: () => run('ours'),
        peer: () => run('peer'),
      }),
      await compare({
        rounds,
        name: `${AT_ONCE} of them at once`,
        peerName: 'raw Temporal SDK',
        unit: 'steps/s',
        higherIsBetter: true,
        value: ({ ms }) => (AT_ONCE * STEPS * 1000) / ms,
        ours: () => many('ours'),
        peer: () => many('peer'),
      }),
    ];
  } finally {
    await connection.close();
    await Promise.all(workers.map(endWorker));
    await temporal.stop();
    await rm(folder, { recursive: true, force: true });
  }
};

const startWorker = (kind, address, bundlePath) =>
  spawn(process.execPath, [fileURLToPath(new URL('worker.mjs', import.meta.url)), kind, address, bundlePath], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });

const endWorker = async (child) => {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
};
