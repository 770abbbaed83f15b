import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Client as StoreClient } from 'minio';
import { Client, Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../workflows/messages.js';
import { TEMPORAL_SEARCH_ATTRIBUTES } from '../../src/supervisor/temporalServer.js';
import { startMinio, startSeaweed, type ObjectStoreServer } from '../servers/objectStores.js';
import { startTemporal } from '../servers/temporal.js';
import { startTimeSkipping } from '../servers/timeSkipping.js';

const folder = mkdtempSync(join(tmpdir(), 'slipway-servers-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('the server is started with exactly the search attributes that the workflows use', () => {
  const used = Object.values(SEARCH_ATTRIBUTES).map((key) => key.name);
  assert.deepEqual([...used].sort(), [...TEMPORAL_SEARCH_ATTRIBUTES].sort());
});

test('Temporal keeps its workflows through kill -9, and closed ones for 90 days', async () => {
  const server = await startTemporal({ dbFile: join(folder, 'temporal.db'), ui: true });
  try {
    const connect = async (): Promise<Client> =>
      new Client({ connection: await Connection.connect({ address: server.address }) });
    const before = await connect();
    await before.workflow.start('waits', { workflowId: 'kept', taskQueue: 'nobody' });
    const { config } = await before.workflowService.describeNamespace({ namespace: 'default' });
    assert.equal(Number(config?.workflowExecutionRetentionTtl?.seconds), 90 * 24 * 3600);
    assert.equal((await fetch(server.uiUrl)).status, 200);
    const first = server.pid;
    await server.kill9();
    await server.restart();
    assert.notEqual(server.pid, first);
    const after = await connect();
    assert.equal((await after.workflow.getHandle('kept').describe()).status.name, 'RUNNING');
    await before.connection.close();
    await after.connection.close();
    assert.ok(existsSync(join(folder, 'temporal.db-wal')), 'SQLite runs in WAL mode');
  } finally {
    await server.stop();
  }
});

test('the time-skipping server lets nine days pass at once', async () => {
  const environment = await startTimeSkipping();
  try {
    const before = await environment.currentTimeMs();
    await environment.sleep('9 days');
    assert.ok((await environment.currentTimeMs()) - before >= 9 * 24 * 3600 * 1000);
  } finally {
    await environment.teardown();
  }
});

describe('object stores keep their objects through kill -9', () => {
  for (const [name, start] of [
    ['MinIO', startMinio],
    ['SeaweedFS', startSeaweed],
  ] as const) {
    test(name, async () => {
      const server = await start();
      try {
        const client = clientOf(server);
        await client.makeBucket('kept');
        await client.putObject('kept', 'a', Buffer.from('bytes'));
        await server.kill9();
        await server.restart();
        const stream = await clientOf(server).getObject('kept', 'a');
        assert.equal(Buffer.concat(await stream.toArray()).toString(), 'bytes');
      } finally {
        await server.stop();
      }
    });
  }
});

test(
  'a server dies with the process that started it, also when that is killed',
  { skip: process.platform !== 'linux' },
  async () => {
    const script = `
    const { startMinio } = await import(${JSON.stringify(new URL('../servers/objectStores.js', import.meta.url).href)});
    const server = await startMinio({ folder: ${JSON.stringify(join(folder, 'orphan'))} });
    console.log(server.pid);
    setInterval(() => undefined, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    assert.match(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), /minio/);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await until(() => !existsSync(`/proc/${pid}`) || readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '));
  },
);

const clientOf = ({ endpoint, accessKey, secretKey }: ObjectStoreServer): StoreClient => {
  const { hostname, port } = new URL(endpoint);
  return new StoreClient({ endPoint: hostname, port: Number(port), useSSL: false, accessKey, secretKey });
};

/** Polls; the test's own timeout is the limit. */
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
};
