/** Entry of the signer process: wiring only. */
import { join } from 'node:path';
import { pino } from 'pino';
import { createMinioBlobStore } from './adapters/minio/blobStore.js';
import { loadSignerConfig } from './config/load.js';
import { loadKeys, publishKeys } from './signer/keys.js';
import { createCheckpoints } from './signer/checkpoints.js';
import { listen } from './signer/listen.js';
import { createSigner } from './signer/sign.js';
import { claimScratch } from './worker/scratch.js';

const config = loadSignerConfig();
const log = pino({ level: config.logLevel, base: { process: 'signer' } });
const bucket = (name: string) => createMinioBlobStore({ ...config.store, bucket: name });
const keysDirectory = join(config.home.keysDirectory, 'signer');
const keys = await loadKeys(keysDirectory);
const ledger = bucket(config.store.ledgerBucket);
const checkpoints = createCheckpoints(ledger, keys.ledger, join(keysDirectory, 'checkpoint.json'));
const scratch = await claimScratch(config.home.workDirectory, 'signer-');
const signer = createSigner(bucket(config.store.bucket), ledger, checkpoints, keys, scratch);
const server = await listen(signer, config.home.signerSocket);
log.info(
  { socket: config.home.signerSocket, builder: keys.builder.keyid, ledger: keys.ledger.keyid },
  'signer is ready',
);
await ledger
  .ensureBucket(config.store.ledgerRetention)
  .then(async () => {
    await publishKeys(config.home.keysDirectory, ledger, await signer.publicKeys());
    log.info(await checkpoints.coverAll(), 'the ledger is covered by checkpoints');
  })
  .catch((error: unknown) => log.error(error, 'the ledger is not covered by checkpoints'));

const stop = (): void => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
