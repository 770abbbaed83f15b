/** Entry of the signer process: wiring only. */
import { join } from 'node:path';
import { pino } from 'pino';
import { createMinioBlobStore } from './adapters/minio/blobStore.js';
import { loadSignerConfig } from './config/load.js';
import { loadKeys } from './signer/keys.js';
import { listen } from './signer/listen.js';
import { createSigner } from './signer/sign.js';

const config = loadSignerConfig();
const log = pino({ level: config.logLevel, base: { process: 'signer' } });
const bucket = (name: string) => createMinioBlobStore({ ...config.store, bucket: name });
const keys = await loadKeys(join(config.home.keysDirectory, 'signer'));
const server = await listen(
  createSigner(bucket(config.store.bucket), bucket(config.store.ledgerBucket), keys),
  config.home.signerSocket,
);
log.info(
  { socket: config.home.signerSocket, builder: keys.builder.keyid, ledger: keys.ledger.keyid },
  'signer is ready',
);

const stop = (): void => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
