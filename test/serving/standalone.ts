import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { servingLimitsSchema } from '../../src/contract/servingLimits.js';
import { startModelServer, type ModelServer } from '../../src/model-server/start.js';
import { layDown, type TestArtifact } from '../fixtures/artifact.js';
import { createMemoryBlobStore, type MemoryBlobStore } from '../fakes/memoryBlobStore.js';

/** A model server in this process, with a store in memory. */
export interface Standalone {
  readonly server: ModelServer;
  readonly store: MemoryBlobStore;
  readonly url: string;
  readonly socket: string;
  stop(): Promise<void>;
}

export const startStandalone = async (
  artifact: TestArtifact,
  limits: Readonly<Record<string, number>> = {},
  hear?: (line: string) => void,
): Promise<Standalone> => {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-model-'));
  const store = createMemoryBlobStore();
  const socket = join(directory, 's');
  const server = await startModelServer(
    {
      model: 'late',
      environment: 'test',
      artifactDirectory: await layDown(join(directory, 'artifact'), artifact),
      socket,
      address: { host: '127.0.0.1', port: 0 },
      limits: servingLimitsSchema.parse({ logEveryMs: 3_600_000, ...limits }),
    },
    store,
    hear === undefined ? pino({ level: 'silent' }) : pino({ level: 'info' }, { write: hear }),
    () => undefined,
  );
  let stopped: Promise<void> | undefined;
  return {
    server,
    store,
    url: `http://127.0.0.1:${server.port}`,
    socket,
    stop: () =>
      (stopped ??= (async () => {
        await server.stop();
        await rm(directory, { recursive: true, force: true });
      })()),
  };
};
