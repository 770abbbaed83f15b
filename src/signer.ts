/** Entry of the signer process: wiring only. */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import { createDecisionVerifier } from './adapters/decision-keys/decisionVerifier.js';
import { decisionKeyFiles } from './adapters/decision-keys/keyFiles.js';
import { createMinioBlobStore } from './adapters/minio/blobStore.js';
import { loadSignerConfig } from './config/load.js';
import { failStart } from './service/failStart.js';
import { catchUp } from './signer/catchUp.js';
import { loadKeys, publicKeysOf } from './signer/keys.js';
import { createCheckpoints } from './signer/checkpoints.js';
import { listen } from './signer/listen.js';
import { createKeyPublisher, publishing } from './signer/publishKeys.js';
import { createSigner } from './signer/sign.js';
import { claimScratch } from './worker/scratch.js';

const start = async (): Promise<void> => {
  const config = loadSignerConfig();
  const log = pino({ level: config.logLevel, base: { process: 'signer' } });
  const bucket = (name: string) => createMinioBlobStore({ ...config.store, bucket: name });
  const keysDirectory = join(config.home.keysDirectory, 'signer');
  const keys = await loadKeys(keysDirectory);
  const ledger = bucket(config.store.ledgerBucket);
  const checkpoints = createCheckpoints(ledger, keys.ledger, join(keysDirectory, 'checkpoint.json'));
  const scratch = await claimScratch(config.home.workDirectory, 'signer-');
  const decisions = createDecisionVerifier(decisionKeyFiles(config.home.keysDirectory));
  const publisher = createKeyPublisher(config.home.keysDirectory, ledger, publicKeysOf(keys), decisions);
  const signer = createSigner(bucket(config.store.bucket), ledger, checkpoints, keys, decisions, scratch);
  await publisher.toFile();
  const server = await listen(publishing(signer, publisher), config.home.signerSocket);
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

  await catchUp(
    async () => {
      await ledger.ensureBucket(config.store.ledgerRetention);
      await publisher.publish();
      log.info(await checkpoints.coverAll(), 'the ledger is covered by checkpoints');
    },
    (error, waitMs) => log.error({ err: error, waitMs }, 'the ledger is not covered by checkpoints'),
    (ms) => setTimeout(ms, undefined, { ref: false }),
  );
};

await start().catch((error: unknown) => failStart('signer', error));
