/** The worker's own program as a cluster starts it: a version in its environment, credentials in files. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openTemporalClient } from '../../src/adapters/temporal/connection.js';
import { eventually } from '../fixtures/eventually.js';
import { startMinio } from '../servers/objectStores.js';
import { startTemporal } from '../servers/temporal.js';

const WORKER = fileURLToPath(new URL('../../src/worker.js', import.meta.url));

describe('a worker of a cluster', () => {
  const folder = mkdtemp(join(tmpdir(), 'slipway-worker-'));
  after(async () => rm(await folder, { recursive: true, force: true }));

  it('is listed with its version for each of its queues, and ends when it is asked to', async (context) => {
    const [temporal, minio] = await Promise.all([startTemporal(), startMinio()]);
    const client = openTemporalClient({ address: temporal.address, namespace: 'default' });
    const home = await folder;
    await writeFile(join(home, 'slipway.config.yaml'), 'version: 1\ninstallation: cluster\n');
    const file = async (name: string, content: string): Promise<string> => {
      await writeFile(join(home, name), content, { mode: 0o600 });
      return join(home, name);
    };
    const worker = spawn(process.execPath, [WORKER], {
      env: {
        PATH: process.env['PATH'],
        SLIPWAY_HOME: home,
        SLIPWAY_LOG_LEVEL: 'warn',
        SLIPWAY_QUEUES: 'build,serve',
        SLIPWAY_TEMPORAL_ADDRESS: temporal.address,
        SLIPWAY_STORE_ENDPOINT: minio.endpoint,
        SLIPWAY_STORE_ACCESS_KEY_FILE: await file('access-key', minio.accessKey),
        SLIPWAY_STORE_SECRET_KEY_FILE: await file('secret-key', minio.secretKey),
        TEMPORAL_DEPLOYMENT_NAME: 'slipway/slipway-worker-build',
        TEMPORAL_WORKER_BUILD_ID: '0.1.0-ab12',
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const ended = once(worker, 'exit');
    context.after(async () => {
      worker.kill('SIGKILL');
      await client.connection.close();
      await Promise.all([temporal.stop(), minio.stop()]);
    });
    const queues = async (): Promise<readonly string[]> => {
      const { versionTaskQueues } = await client.workflowService.describeWorkerDeploymentVersion({
        namespace: 'default',
        deploymentVersion: { deploymentName: 'slipway/slipway-worker-build', buildId: '0.1.0-ab12' },
      });
      return (versionTaskQueues ?? []).map(({ name }) => name ?? '').sort();
    };
    await eventually(async () => assert.deepEqual(await queues(), ['build', 'serve']), 60_000);
    worker.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  });
});
