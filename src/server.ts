/** Entry of the API process: wiring only. It alone holds the key that signs decisions. */
import { join } from 'node:path';
import { pino } from 'pino';
import { createConfigDirectory } from './adapters/config-directory/directory.js';
import { createDecisionSigner } from './adapters/decision-keys/decisionSigner.js';
import { decisionKeyFiles } from './adapters/decision-keys/keyFiles.js';
import { createDuckdbInferenceLog } from './adapters/duckdb/inferenceLog.js';
import { createGitSourceControl } from './adapters/git/sourceControl.js';
import { createLocalServing } from './adapters/local-serving/deployTarget.js';
import { createMinioBlobStore } from './adapters/minio/blobStore.js';
import { openTemporalClient } from './adapters/temporal/connection.js';
import { createTemporalEngine } from './adapters/temporal/engine.js';
import { createTemporalVisibility } from './adapters/temporal/visibility.js';
import { createTemporalWorkflows } from './adapters/temporal/workflows.js';
import { loadServerConfig, readIdentities } from './config/load.js';
import { SlipwayError } from './domain/errors/slipwayError.js';
import { createApp } from './server/app.js';
import { createEngineGuard } from './server/engineGuard.js';
import { LOG_REDACTION } from './server/log.js';
import { createTokenVerifier } from './server/tokens.js';

const WATCH_ENGINE_MS = 5_000;
const config = loadServerConfig();
const log = pino({ level: config.logLevel, base: { process: 'api' }, redact: LOG_REDACTION });
const store = createMinioBlobStore(config.store);
await store.ensureBucket();
const client = openTemporalClient({ ...config.temporal, identity: `api-${process.pid}` });
const guard = createEngineGuard(createTemporalEngine(client), store);
const app = createApp(
  {
    workflows: createTemporalWorkflows(client),
    visibility: createTemporalVisibility(client),
    guard,
    store,
    source: createGitSourceControl({ ...config, cacheDirectory: join(config.home.directory, 'mirrors') }),
    directory: createConfigDirectory(async () => readIdentities(config.home.configFile)),
    decisions: await createDecisionSigner(decisionKeyFiles(config.home.keysDirectory)),
    labels: createDuckdbInferenceLog(store, join(config.home.workDirectory, `api-${process.pid}`)),
    target: (environment) => {
      const target = config.targets[environment];
      if (target === undefined)
        throw new SlipwayError('unknown_environment', `${environment} has no target in slipway.config.yaml`);
      return createLocalServing({ environment, adminSocket: target.adminSocket, inferenceUrl: target.url });
    },
    tokens: createTokenVerifier(config.home.tokensFile),
    settings: {
      installation: config.installation,
      models: config.models,
      environments: Object.keys(config.targets),
      limits: config.limits,
    },
    now: Date.now,
  },
  { logger: log },
);
await guard.check().catch((error: unknown) => log.error({ err: error }, 'the engine cannot be used'));
const watch = guard.watch(WATCH_ENGINE_MS, (lost) =>
  lost === undefined ? log.info('the engine is back') : log.fatal({ err: lost }, lost.message),
);
await app.listen({ host: config.host, port: config.port });
log.info({ url: config.publicUrl }, 'API is ready');

const stop = async (): Promise<void> => {
  watch.stop();
  await app.close();
  process.exit(0);
};
process.once('SIGTERM', () => void stop());
process.once('SIGINT', () => void stop());
