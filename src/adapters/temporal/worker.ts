import {
  DefaultLogger,
  makeTelemetryFilterString,
  NativeConnection,
  Runtime,
  Worker,
  type LogLevel,
} from '@temporalio/worker';
import type { Logger } from 'pino';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { TemporalOptions } from './connection.js';
import { answerHealth, freeLocalPort } from './workerHealth.js';
import { bundleFor, deploymentOf, type WorkerVersion } from './workerVersion.js';

export interface WorkersOptions {
  readonly temporal: TemporalOptions;
  /** `control` runs workflows, too. */
  readonly queues: readonly string[];
  /** Folder of the workflow bundles. */
  readonly bundles: string;
  /** Absent: the worker is in no Worker Deployment. */
  readonly version?: WorkerVersion;
  readonly activities: object;
  readonly log: Logger;
  readonly host: string;
  /** Port of health and metrics; absent: nowhere. */
  readonly port?: number;
}

const LEVELS: Readonly<Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'>> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};
const GRACE = '10s';
const FORCE = '20s';
/** A cancel arrives with the answer to a heartbeat. */
const HEARTBEATS = '1s';
/** Parked workflows are evicted and wake cold: memory stays bounded however many releases wait. */
const MAX_CACHED_WORKFLOWS = 500;

/** Polls the queues until SIGTERM or SIGINT; activities under way get time to end, then are cancelled. */
export const runWorkers = async (options: WorkersOptions): Promise<void> => {
  const { log, temporal, queues } = options;
  const coreMetrics = await installRuntime(log, options.port !== undefined);
  const connection = await connect(temporal);
  const workers = await Promise.all(
    queues.map((taskQueue) =>
      Worker.create({
        connection,
        namespace: temporal.namespace,
        taskQueue,
        activities: options.activities,
        shutdownGraceTime: GRACE,
        shutdownForceTime: FORCE,
        maxHeartbeatThrottleInterval: HEARTBEATS,
        ...deploymentOf(options.version),
        ...(taskQueue === 'control'
          ? {
              workflowBundle: { codePath: bundleFor(options.bundles, options.version) },
              maxCachedWorkflows: MAX_CACHED_WORKFLOWS,
              stickyQueueScheduleToStartTimeout: '1s',
            }
          : { maxConcurrentActivityTaskExecutions: taskQueue === 'build' ? 2 : 8 }),
      }),
    ),
  );
  const running = Promise.all(workers.map((worker) => worker.run()));
  const health =
    options.port === undefined ? undefined : await answerHealth(workers, coreMetrics, options.host, options.port);
  const stop = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  log.info({ queues, ...options.version }, 'worker is ready');
  await running;
  health?.close();
  await connection.close();
};

/** Logs of the SDK and its core go where ours go; its metrics to an exporter of its own, whose address is the answer. */
const installRuntime = async (log: Logger, withMetrics: boolean): Promise<string | undefined> => {
  const address = withMetrics ? `127.0.0.1:${await freeLocalPort()}` : undefined;
  Runtime.install({
    logger: new DefaultLogger('DEBUG', ({ level, message, meta }) =>
      log[weight(level, message, meta)](printable(meta), message),
    ),
    shutdownSignals: [],
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
      ...(address === undefined ? {} : { metrics: { prometheus: { bindAddress: address } } }),
    },
  });
  return address === undefined ? undefined : `http://${address}/metrics`;
};

const connect = async (temporal: TemporalOptions): Promise<NativeConnection> => {
  try {
    return await NativeConnection.connect({
      address: temporal.address,
      tls: tlsOf(temporal),
      ...(temporal.apiKey === undefined ? {} : { apiKey: temporal.apiKey }),
    });
  } catch (cause) {
    throw new SlipwayError('temporal_unreachable', `no connection to Temporal at ${temporal.address}`, {}, { cause });
  }
};

type Meta = Readonly<Record<string | symbol, unknown>> | undefined;

/** Runs every few seconds, and most often finds nothing. */
const QUIET = 'pollSource';

/** What an activity did is told, with whose it was; the rest of the SDK's chatter is for those who ask for it. */
const weight = (level: LogLevel, message: string, meta: Meta): 'trace' | 'debug' | 'info' | 'warn' | 'error' =>
  message === 'Activity completed' && meta?.['activityType'] !== QUIET ? 'info' : LEVELS[level];

/** Workflows and activities name their run in the same way. Who has a task's token could answer for the activity. */
const printable = (meta: Meta): Readonly<Record<string, unknown>> => {
  const { error, workflowRunId, taskToken: _, ...rest } = { ...meta } as Record<string, unknown>;
  return {
    ...rest,
    ...(workflowRunId === undefined ? {} : { runId: workflowRunId }),
    ...(error === undefined ? {} : { err: error }),
  };
};

const tlsOf = ({ tls }: TemporalOptions) =>
  tls === undefined || tls === false
    ? false
    : {
        ...(tls.serverName === undefined ? {} : { serverNameOverride: tls.serverName }),
        ...(tls.ca === undefined ? {} : { serverRootCACertificate: Buffer.from(tls.ca) }),
        ...(tls.cert === undefined || tls.key === undefined
          ? {}
          : { clientCertPair: { crt: Buffer.from(tls.cert), key: Buffer.from(tls.key) } }),
      };
