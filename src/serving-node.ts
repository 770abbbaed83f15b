/** Entry of a serving node: all models of one environment. Wiring only. */
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { createMinioBlobStore } from './adapters/minio/blobStore.js';
import { loadServingNodeConfig, modelServerVariables } from './config/serving.js';
import { failStart } from './service/failStart.js';
import { startServingNode } from './serving-node/start.js';

const start = async (): Promise<void> => {
  const config = loadServingNodeConfig();
  const log = pino({ level: config.logLevel, base: { process: 'serving-node', environment: config.environment } });

  const node = await startServingNode(
    {
      ...config,
      modelServer: {
        entry: fileURLToPath(new URL('./model-server.js', import.meta.url)),
        variables: (version) => modelServerVariables(config, version),
      },
    },
    createMinioBlobStore(config.store),
    log,
  );
  log.info(
    { url: node.inferenceUrl, port: node.port, grpcPort: node.grpcPort, adminSocket: config.adminSocket },
    'serving node is ready',
  );

  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void node.stop().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
};

await start().catch((error: unknown) => failStart('serving-node', error));
