import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pino } from 'pino';
import { servingLimitsSchema } from '../../src/contract/servingLimits.js';
import { startModelServer, type ModelServer } from '../../src/model-server/start.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { layDown, makeArtifact, testModel } from '../fixtures/artifact.js';
import { infer, inferBody } from '../fixtures/inferRequests.js';

const artifact = makeArtifact(testModel(0.1));
const VERSION = artifact.artifactDigest.slice('sha256:'.length);
const BODY = inferBody([{ hour: 7, distance: 100, origin: 'a' }]);

describe('a model server without a serving node, as in a Pod', () => {
  let folder: string;
  let server: ModelServer;
  let url: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-alone-'));
    server = await startModelServer(
      {
        ...{ model: 'late', environment: 'production' },
        artifactDirectory: await layDown(folder, artifact),
        address: { host: '127.0.0.1', port: 0 },
        limits: servingLimitsSchema.parse({}),
      },
      createMemoryBlobStore(),
      pino({ level: 'silent' }),
      () => undefined,
    );
    await server.ready;
    url = `http://127.0.0.1:${server.port}`;
  });
  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const counted = async (): Promise<number> =>
    ((await (await fetch(`${url}/slipway/traffic`)).json()) as { counters: { requests: number } }).counters.requests;

  it('shows what it counted, and takes no fence from anybody', async () => {
    await infer(url, BODY);
    assert.equal(await counted(), 1);
    const fence = JSON.stringify({ epoch: 1, seq: 1 });
    assert.equal((await fetch(`${url}/slipway/fence`, { method: 'PUT', body: fence })).status, 404);
    assert.equal((await fetch(`${url}/slipway/traffic`, { method: 'PUT', body: fence })).status, 404);
    assert.equal(await counted(), 1);
  });

  it('does not count who asks for a version, and answers for no other', async () => {
    const before = await counted();
    assert.equal((await infer(url, BODY, { 'x-slipway-version': VERSION })).status, 200);
    assert.equal((await infer(url, BODY, {}, `late/versions/${VERSION}`)).status, 200);
    assert.equal((await infer(url, BODY, { 'x-slipway-version': '0'.repeat(64) })).status, 404);
    assert.equal(await counted(), before);
  });
});
