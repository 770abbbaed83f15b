import { createServer, type Server } from 'node:http';
import { DefaultLogger, NativeConnection, Runtime, Worker, type LogLevel } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { TemporalOptions } from './connection.js';

export interface WorkersOptions {
  readonly temporal: TemporalOptions;
  /** `control` runs workflows, too. */
  readonly queues: readonly string[];
  readonly bundlePath: string;
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
/** Parked workflows are evicted and wake cold: memory stays bounded however many releases wait. */
const MAX_CACHED_WORKFLOWS = 500;

/** Polls the queues until SIGTERM or SIGINT; activities under way get time to end, then are cancelled. */
export const runWorkers = async (options: WorkersOptions): Promise<void> => {
  const { log, temporal, queues } = options;
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => log[LEVELS[level]](printable(meta), message)),
    shutdownSignals: [],
  });
  const connection = await NativeConnection.connect({
    address: temporal.address,
    tls: tlsOf(temporal),
    ...(temporal.apiKey === undefined ? {} : { apiKey: temporal.apiKey }),
  });
  const workers = await Promise.all(
    queues.map((taskQueue) =>
      Worker.create({
        connection,
        namespace: temporal.namespace,
        taskQueue,
        activities: options.activities,
        shutdownGraceTime: GRACE,
        shutdownForceTime: FORCE,
        ...(taskQueue === 'control'
          ? {
              workflowBundle: { codePath: options.bundlePath },
              maxCachedWorkflows: MAX_CACHED_WORKFLOWS,
              stickyQueueScheduleToStartTimeout: '1s',
            }
          : { maxConcurrentActivityTaskExecutions: taskQueue === 'build' ? 2 : 8 }),
      }),
    ),
  );
  const running = Promise.all(workers.map((worker) => worker.run()));
  const health = options.port === undefined ? undefined : await answerHealth(workers, options.host, options.port);
  const stop = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  log.info({ queues }, 'worker is ready');
  await running;
  health?.close();
  await connection.close();
};

const printable = (meta: Readonly<Record<string | symbol, unknown>> | undefined): Readonly<Record<string, unknown>> => {
  const { error, ...rest } = { ...meta } as Record<string, unknown>;
  return error === undefined ? rest : { ...rest, err: error };
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

const answerHealth = (workers: readonly Worker[], host: string, port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer((request, response) => {
      if (request.url === '/metrics') {
        const text = workers.flatMap((worker) => {
          const { numInFlightActivities, numInFlightWorkflowActivations, numCachedWorkflows } = worker.getStatus();
          const queue = worker.options.taskQueue;
          return [
            `slipway_worker_activities_in_flight{queue="${queue}"} ${numInFlightActivities}`,
            `slipway_worker_workflow_tasks_in_flight{queue="${queue}"} ${numInFlightWorkflowActivations}`,
            `slipway_worker_cached_workflows{queue="${queue}"} ${numCachedWorkflows}`,
          ];
        });
        return void response
          .writeHead(200, { 'content-type': 'text/plain; version=0.0.4' })
          .end(`${text.join('\n')}\n`);
      }
      const running = workers.every((worker) => worker.getState() === 'RUNNING');
      response
        .writeHead(running ? 200 : 503, { 'content-type': 'application/json' })
        .end(JSON.stringify({ status: running ? 'ok' : 'stopping' }));
    });
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
