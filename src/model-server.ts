/** Entry of a model server: one version of one model, started by a serving node. Wiring only. */
import { pino } from 'pino';
import { createMinioBlobStore } from './adapters/minio/blobStore.js';
import { loadModelServerConfig } from './config/serving.js';
import { startModelServer } from './model-server/start.js';

/** The reason in one line: the serving node shows the last line that it read. */
const die = (reason: string): never => {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
};

const configured = () => {
  try {
    return loadModelServerConfig();
  } catch (error) {
    return die(error instanceof Error ? error.message : String(error));
  }
};

const config = configured();
const log = pino({ level: config.logLevel, base: { process: 'model-server', model: config.model } });
const server = await startModelServer(config, createMinioBlobStore(config.store), log, die);

let stopping = false;
const stop = (): void => {
  if (stopping) return;
  stopping = true;
  void server.stop().then(() => process.exit(0));
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
// The node holds the other end: when it is gone, nobody asks any more.
if (config.socket !== undefined) process.stdin.on('end', stop).resume();

server.ready.then(
  () => log.info({ socket: config.socket, port: server.port }, 'model server is ready'),
  (error: unknown) => (stopping ? undefined : die(error instanceof Error ? error.message : String(error))),
);
