import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Worker } from '@temporalio/worker';

const CORE_TIMEOUT_MS = 2_000;
const TEXT = 'text/plain; version=0.0.4; charset=utf-8';

/** `/health`: 200 while every worker polls. `/metrics`: Prometheus, the SDK's own and how busy the workers are. */
export const answerHealth = (
  workers: readonly Worker[],
  coreMetrics: string | undefined,
  host: string,
  port: number,
): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer((request, response) => {
      if (request.url === '/metrics') {
        void metricsText(workers, coreMetrics).then((text) =>
          response.writeHead(200, { 'content-type': TEXT }).end(text),
        );
        return;
      }
      const running = workers.every((worker) => worker.getState() === 'RUNNING');
      const body = {
        status: running ? 'ok' : 'stopping',
        queues: Object.fromEntries(workers.map((worker) => [worker.options.taskQueue, worker.getState()])),
      };
      response.writeHead(running ? 200 : 503, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });

const metricsText = async (workers: readonly Worker[], coreMetrics: string | undefined): Promise<string> => {
  const core = coreMetrics === undefined ? '' : await fetchText(coreMetrics);
  return `${OWN.map(({ name, help, value }) =>
    [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} gauge`,
      ...workers.map((worker) => `${name}{queue="${worker.options.taskQueue}"} ${value(worker)}`),
    ].join('\n'),
  ).join('\n')}\n${core}`;
};

const OWN: readonly { readonly name: string; readonly help: string; readonly value: (worker: Worker) => number }[] = [
  {
    name: 'slipway_worker_activities_in_flight',
    help: 'Activities under way.',
    value: (worker) => worker.getStatus().numInFlightActivities,
  },
  {
    name: 'slipway_worker_workflow_tasks_in_flight',
    help: 'Workflow tasks under way.',
    value: (worker) => worker.getStatus().numInFlightWorkflowActivations,
  },
  {
    name: 'slipway_worker_cached_workflows',
    help: 'Workflows kept in memory.',
    value: (worker) => worker.getStatus().numCachedWorkflows,
  },
];

const fetchText = async (url: string): Promise<string> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(CORE_TIMEOUT_MS) });
    return response.ok ? await response.text() : '';
  } catch {
    // What the workers do is still told.
    return '';
  }
};

/** A port of this machine for the SDK's own exporter, which cannot tell which one it took. */
export const freeLocalPort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
