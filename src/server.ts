/** Entry of the API process: wiring only. It alone holds the key that signs decisions. */
import { join } from 'node:path';
import { pino } from 'pino';
import { createConfigDirectory } from './adapters/config-directory/directory.js';
import { createDecisionSigner } from './adapters/decision-keys/decisionSigner.js';
import { decisionKeyFiles } from './adapters/decision-keys/keyFiles.js';
import { createAttestations } from './adapters/dsse/attestations.js';
import { createDuckdbInferenceLog } from './adapters/duckdb/inferenceLog.js';
import { createGitSourceControl } from './adapters/git/sourceControl.js';
import { createReportLinks, linkKeyFile } from './adapters/link-key/reportLinks.js';
import { createLocalServing } from './adapters/local-serving/deployTarget.js';
import { ANSWER_WITHIN_MS, createMinioBlobStore } from './adapters/minio/blobStore.js';
import { createSignerClient } from './adapters/signer-client/signer.js';
import { listStreams } from './adapters/store-ledger/archive.js';
import { createStoreLedger } from './adapters/store-ledger/ledger.js';
import { openTemporalClient } from './adapters/temporal/connection.js';
import { createTemporalEngine } from './adapters/temporal/engine.js';
import { createTemporalVisibility } from './adapters/temporal/visibility.js';
import { createTemporalWorkflows } from './adapters/temporal/workflows.js';
import { readIdentities } from './config/identities.js';
import { loadServerConfig } from './config/load.js';
import { SlipwayError } from './domain/errors/slipwayError.js';
import { createApp } from './server/app.js';
import { createEngineGuard } from './server/engineGuard.js';
import { LOG_REDACTION } from './server/log.js';
import { serve } from './server/serve.js';
import { createTokenVerifier } from './server/tokens.js';
import { failStart } from './service/failStart.js';
import { claimScratch } from './worker/scratch.js';

const start = async (): Promise<void> => {
  const config = loadServerConfig();
  const log = pino({ level: config.logLevel, base: { process: 'api' }, redact: LOG_REDACTION });
  const store = createMinioBlobStore({ ...config.store, answerWithinMs: ANSWER_WITHIN_MS });
  await store.ensureBucket();
  const ledger = createMinioBlobStore({ ...config.store, bucket: config.store.ledgerBucket });
  const signer = createSignerClient(config.home.signerSocket);
  const client = openTemporalClient({ ...config.temporal, identity: `api-${process.pid}` });
  const engine = createTemporalEngine(client);
  const guard = createEngineGuard(engine, store);
  const ports = {
    workflows: createTemporalWorkflows(client),
    visibility: createTemporalVisibility(client),
    engine,
    guard,
    store,
    ledger: {
      ...createStoreLedger(ledger, (streams) => signer.checkpoint(streams)),
      streams: (prefix: string) => listStreams(ledger, prefix),
    },
    attestations: createAttestations(() => signer.publicKeys()),
    source: createGitSourceControl({ ...config, cacheDirectory: join(config.home.directory, 'mirrors') }),
    directory: createConfigDirectory(async () => readIdentities(config.home.configFile)),
    decisions: await createDecisionSigner(decisionKeyFiles(config.home.keysDirectory)),
    labels: createDuckdbInferenceLog(store, await claimScratch(config.home.workDirectory, 'api-')),
    target: (environment: string) => {
      const target = config.targets[environment];
      if (target === undefined) throw new SlipwayError('unknown_environment', `${environment} has no target`);
      return createLocalServing({ environment, adminSocket: target.adminSocket, inferenceUrl: target.url });
    },
    links: await createReportLinks(linkKeyFile(config.home.keysDirectory)),
    tokens: createTokenVerifier(config.home.tokensFile),
    settings: { ...config, environments: Object.keys(config.targets) },
    now: Date.now,
  };
  await serve({ ...config, app: createApp(ports, { logger: log }), guard, log });
};

await start().catch((error: unknown) => failStart('api', error));
