/** Entry of a worker: workflows on `control`, activities on every queue it is given. Wiring only. */
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino, type Logger } from 'pino';
import { createActivities } from '../activities/index.js';
import { ensureSourceSchedules } from '../activities/ensureSourceSchedules.js';
import { createCalendar } from './adapters/calendar/calendar.js';
import { createDirectory } from './adapters/config-directory/directory.js';
import { createDataSource } from './adapters/data-source/dataSource.js';
import { createDecisionVerifier } from './adapters/decision-keys/decisionVerifier.js';
import { decisionKeyFiles } from './adapters/decision-keys/keyFiles.js';
import { createStampReader } from './adapters/decision-keys/stamps.js';
import { createDuckdbInferenceLog } from './adapters/duckdb/inferenceLog.js';
import { createLogMetrics } from './adapters/duckdb/logMetrics.js';
import { createDuckdbTableReader } from './adapters/duckdb/tableReader.js';
import { createAttestations } from './adapters/dsse/attestations.js';
import { createGitSourceControl } from './adapters/git/sourceControl.js';
import { createHttpMetrics } from './adapters/metrics-http/httpMetrics.js';
import { createPrometheusMetrics } from './adapters/metrics-http/prometheusMetrics.js';
import { createMinioBlobStore } from './adapters/minio/blobStore.js';
import { createObjectReader } from './adapters/minio/objectReader.js';
import { createOnnxInferenceRunner } from './adapters/onnx/inferenceRunner.js';
import { createStepRunner } from './adapters/process/stepRunner.js';
import { createPythonEnvironments } from './adapters/python-venv/pythonEnvironments.js';
import { createSecretStore } from './adapters/secrets/secretStore.js';
import { createSignerClient } from './adapters/signer-client/signer.js';
import { createClaimsReader } from './adapters/store-identities/claims.js';
import { createStoreLedger } from './adapters/store-ledger/ledger.js';
import { openTemporalClient } from './adapters/temporal/connection.js';
import { createTemporalEngine } from './adapters/temporal/engine.js';
import { runWorkers } from './adapters/temporal/worker.js';
import { createTemporalWorkflows } from './adapters/temporal/workflows.js';
import { createNotifier } from './adapters/channels/notifier.js';
import { readPeople } from './config/identities.js';
import { loadWorkerConfig, type WorkerConfig } from './config/load.js';
import { localTargetsOf } from './config/targets.js';
import { inherited } from './config/variables.js';
import { SlipwayError } from './domain/errors/slipwayError.js';
import type { StepRunner } from './ports/stepRunner.js';
import { createEngineGuard, stayWithEngine } from './server/engineGuard.js';
import { LOG_REDACTION } from './server/log.js';
import { failStart } from './service/failStart.js';
import { openTargets } from './service/openTargets.js';
import { cacheFolder } from './supervisor/locateServer.js';
import { createFailpoint } from './worker/failpoint.js';
import { claimScratch } from './worker/scratch.js';

const start = async (): Promise<void> => {
  const config = loadWorkerConfig();
  const log = pino({
    level: config.logLevel,
    base: { process: `worker-${config.queues.join('-')}` },
    redact: LOG_REDACTION,
  });
  const workDirectory = await claimScratch(config.home.workDirectory);
  const store = createMinioBlobStore(config.store);
  const ledger = createMinioBlobStore({ ...config.store, bucket: config.store.ledgerBucket });
  await Promise.all([store.ensureBucket(), ledger.ensureBucket(config.store.ledgerRetention)]);
  const retention = await ledger.lockedFor();
  if (retention === undefined)
    log.warn('the ledger is under no object lock: who may write to its bucket may delete entries');
  else log.info(retention, 'the ledger is under object lock');
  const signer = createSignerClient(config.home.signerSocket);
  const client = openTemporalClient({ ...config.temporal, identity: `worker-${process.pid}` });
  const workflows = createTemporalWorkflows(client);
  const engine = createTemporalEngine(client);
  await stayWithEngine(createEngineGuard(engine, store), (lost) => {
    log.fatal({ code: lost.code }, lost.message);
    process.kill(process.pid, 'SIGTERM');
  });
  await engine.prepare();
  if (config.queues.includes('control')) {
    await ensureSourceSchedules(
      workflows,
      config.models.map((model) => model.name),
      config.pollEveryMs,
    );
  }

  const steps = await openSteps(config, log);
  const secrets = createSecretStore(config.secrets);
  const targets = openTargets(config, secrets, async (digest) => (await store.hasBlob(digest)) !== undefined);
  await runWorkers({
    temporal: config.temporal,
    queues: config.queues,
    bundles: fileURLToPath(new URL('../', import.meta.url)),
    ...(config.version === undefined ? {} : { version: config.version }),
    log,
    host: config.host,
    ...(config.port === undefined ? {} : { port: config.port }),
    activities: createActivities({
      store,
      ledger: createStoreLedger(ledger, (streams) => signer.checkpoint(streams)),
      source: createGitSourceControl({ ...config, cacheDirectory: join(config.home.directory, 'mirrors') }),
      steps,
      python: createPythonEnvironments({
        folder: join(cacheFolder(inherited()), 'python'),
        path: config.path,
        steps,
        ...(config.steps.runner === 'process' ? {} : { image: config.steps.image }),
      }),
      secrets,
      data: createDataSource({ ...config.data, readObject: createObjectReader(config.store) }),
      target: (environment) => {
        const target = targets.get(environment);
        if (target === undefined)
          throw new SlipwayError('unknown_environment', `${environment} has no target in slipway.config.yaml`);
        return target;
      },
      inference: createOnnxInferenceRunner({ scratch: workDirectory }),
      tables: createDuckdbTableReader({ scratch: workDirectory }),
      log: createDuckdbInferenceLog(store, join(workDirectory, 'segments')),
      metrics: {
        prometheus: createPrometheusMetrics({ hosts: config.metricHosts }),
        http: createHttpMetrics({ hosts: config.metricHosts }),
        sql: createLogMetrics(store, { cacheDirectory: join(workDirectory, 'segments'), scratch: workDirectory }),
      },
      notifier: createNotifier(config.channels, {
        ...(config.defaultChannel === undefined ? {} : { fallback: config.defaultChannel }),
        ...(config.smtp === undefined ? {} : { smtp: config.smtp }),
      }),
      signer,
      attestations: createAttestations(() => signer.publicKeys()),
      directory: createDirectory({
        people: () => readPeople(config.home.configFile),
        claims: createClaimsReader(store, createStampReader(decisionKeyFiles(config.home.keysDirectory))),
        now: Date.now,
      }),
      calendar: createCalendar(),
      decisions: createDecisionVerifier(decisionKeyFiles(config.home.keysDirectory)),
      workflows,
      failpoint: createFailpoint(config.failpoints, config.home.runDirectory),
      settings: {
        installation: config.installation,
        workDirectory,
        stepEnv: config.stepEnv,
        ...(config.image === undefined ? {} : { image: config.image }),
        apiUrl: config.publicUrl,
        environments: Object.keys(config.targets),
        freezes: config.freezes,
        breakGlassRoles: config.breakGlassRoles,
        ...(config.lookAtTargetsEveryMs === undefined ? {} : { lookAtTargetsEveryMs: config.lookAtTargetsEveryMs }),
        models: Object.fromEntries(config.models.map((model) => [model.name, model])),
      },
    }),
  });
  process.exit(0);
};

/** What runs commands of model repositories; what a worker before this one left running is taken away. */
const openSteps = async (config: WorkerConfig, log: Logger): Promise<StepRunner> => {
  if (config.steps.runner === 'process') {
    return createStepRunner({
      path: config.path,
      hidden: [
        config.home.directory,
        dirname(config.home.signerSocket),
        ...localTargetsOf(config.targets).map(({ adminSocket }) => dirname(adminSocket)),
      ],
      writable: config.writable,
      confinementRequired: config.confinementRequired,
    });
  }
  const { createDockerStepRunner } = await import('./adapters/docker/stepRunner.js');
  const owner = { installation: config.installation, host: hostname() };
  const { image } = config.steps;
  const containers = createDockerStepRunner({ ...config.steps, owner, writable: config.writable });
  // An engine that does not answer now is no reason not to start: steps wait for it, and doctor says so.
  await containers.sweep().then(
    (removed) => log.info({ removed, image }, 'steps run in containers'),
    (error: unknown) => log.warn({ error: String(error) }, 'steps run in containers, and the engine does not answer'),
  );
  return containers;
};

await start().catch((error: unknown) => failStart('worker', error));
