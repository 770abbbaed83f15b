import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createDuckdbInferenceLog } from '../../src/adapters/duckdb/inferenceLog.js';
import { createLocalServing } from '../../src/adapters/local-serving/deployTarget.js';
import { createMinioBlobStore, type MinioBlobStore } from '../../src/adapters/minio/blobStore.js';
import { ERRORS } from '../../src/domain/errors/table.js';
import type { DeployTarget } from '../../src/ports/deployTarget.js';
import { makeArtifact, SIGNATURE, storeArtifact, targetVersion, testModel } from '../fixtures/artifact.js';
import { eventually } from '../fixtures/eventually.js';
import { infer, inferBody } from '../fixtures/inferRequests.js';
import { childrenOf } from '../fixtures/processes.js';
import { startMinio, type ObjectStoreServer } from '../servers/objectStores.js';

const ENTRY = fileURLToPath(new URL('../../src/serving-node.js', import.meta.url));
const MODEL = 'late';

describe('the serving node as it is started, with an S3 store', () => {
  let minio: ObjectStoreServer;
  let store: MinioBlobStore;
  let directory: string;
  let node: ChildProcess;
  let url: string;
  let adminSocket: string;
  let target: DeployTarget;

  before(async () => {
    minio = await startMinio();
    store = createMinioBlobStore({ ...minio, bucket: 'slipway' });
    await store.ensureBucket();
    directory = await mkdtemp(join(tmpdir(), 'slipway-entry-'));
    adminSocket = join(directory, 'run', 'production.sock');
    node = spawn(process.execPath, [ENTRY], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        SLIPWAY_HOME: directory,
        SLIPWAY_ENVIRONMENT: 'production',
        SLIPWAY_PORT: '0',
        SLIPWAY_ADMIN_SOCKET: adminSocket,
        SLIPWAY_STORE_ENDPOINT: minio.endpoint,
        SLIPWAY_STORE_ACCESS_KEY: minio.accessKey,
        SLIPWAY_STORE_SECRET_KEY: minio.secretKey,
      },
    });
    for await (const line of createInterface({ input: node.stdout! })) {
      const entry = JSON.parse(line) as { msg: string; url: string };
      if (entry.msg !== 'serving node is ready') continue;
      url = entry.url;
      break;
    }
    node.stdout!.resume();
    target = createLocalServing({ environment: 'production', adminSocket });
  });
  after(async () => {
    if (node.exitCode === null) {
      node.kill('SIGKILL');
      await once(node, 'exit');
    }
    await minio.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('S52: opens its commands to nobody but its owner', async () => {
    assert.equal((await stat(adminSocket)).mode & 0o777, 0o600);
    assert.equal((await fetch(`${url}/deployments/${MODEL}`)).status, 404);
  });

  it('serves an artifact of the store, and logs what the drift check reads', async () => {
    const artifact = await storeArtifact(store, makeArtifact(testModel(0.1)));
    await target.apply({
      model: MODEL,
      environment: 'production',
      fence: { epoch: 1, seq: 1 },
      versions: [targetVersion(artifact, 100)],
    });
    await eventually(async () => {
      const version = (await target.observe(MODEL, 'production'))?.versions[0];
      assert.deepEqual([version?.ready, version?.servedDigest], [true, artifact.artifactDigest]);
    }, 30_000);
    const eventTime = Date.parse('2001-03-05T06:00:00Z');
    const ids: string[] = [];
    const predictions: number[] = [];
    for (const hour of [1, 2.5, 7.3]) {
      const { body } = await infer(
        url,
        inferBody([{ hour, distance: 10, origin: 'a' }], { parameters: { event_time: eventTime } }),
      );
      ids.push(`${body.parameters!.request_id}#0`);
      predictions.push(body.outputs![0]!.data[0]!);
    }
    const log = createDuckdbInferenceLog(store, join(directory, 'cache'));
    await eventually(async () => {
      const read = await log.read(MODEL, 'production', { start: eventTime, end: eventTime + 1 }, SIGNATURE.features);
      assert.deepEqual([...read.predictionId].sort(), [...ids].sort());
      const order = ids.map((id) => read.predictionId.indexOf(id));
      assert.deepEqual(
        order.map((row) => read.prediction[row]),
        predictions,
      );
      assert.deepEqual(
        order.map((row) => read.features['hour']![row]),
        [1, 2.5, 7.3],
      );
      assert.deepEqual(new Set(read.version), new Set([artifact.artifactDigest.slice(7)]));
      assert.equal(read.features['tail'], undefined, 'what is dropped is nowhere');
    }, 30_000);
  });

  it('gives its model servers nothing that they do not need', async () => {
    const [server] = await childrenOf(node.pid!);
    assert.deepEqual(
      Object.keys(server!.variables).filter(
        (name) =>
          !/^SLIPWAY_(MODEL|MODEL_SOCKET|ENVIRONMENT|ARTIFACT|SERVING_LIMITS|LOG_LEVEL|STORE_(ENDPOINT|BUCKET|ACCESS_KEY|SECRET_KEY))$/.test(
            name,
          ),
      ),
      [],
    );
  });

  it('does not start where its port is taken, says so, and leaves the node that runs alone', async () => {
    const second = spawn(process.execPath, [ENTRY], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        SLIPWAY_HOME: directory,
        SLIPWAY_ENVIRONMENT: 'production',
        SLIPWAY_PORT: new URL(url).port,
        SLIPWAY_ADMIN_SOCKET: adminSocket,
        SLIPWAY_STORE_ENDPOINT: minio.endpoint,
        SLIPWAY_STORE_ACCESS_KEY: minio.accessKey,
        SLIPWAY_STORE_SECRET_KEY: minio.secretKey,
      },
    });
    const closed = once(second, 'close');
    let output = '';
    second.stderr.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    assert.equal((await closed)[0], ERRORS.port_taken.exit);
    assert.match(output, new RegExp(`port ${new URL(url).port} of 127\\.0\\.0\\.1 is used by another program`));
    assert.ok(!output.includes(minio.secretKey));
    assert.equal((await target.observe(MODEL, 'production'))?.versions[0]?.ready, true);
  });

  it('goes on predicting when the store is gone, and ends cleanly', async () => {
    await minio.stop();
    for (let request = 0; request < 20; request += 1)
      assert.equal((await infer(url, inferBody([{ hour: 1, distance: 10, origin: 'a' }]))).status, 200);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assert.match(metrics, /slipway_prediction_log_pending_rows\{[^}]*model="late"[^}]*\} \d+/);
    assert.match(metrics, /slipway_version_ready\{[^}]*\} 1/);
    node.kill('SIGTERM');
    const [code] = (await once(node, 'exit')) as [number];
    assert.equal(code, 0);
  });
});
