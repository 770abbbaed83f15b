import { AggregatorRegistry, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Deployments } from './deployments.js';
import { exchangeJson } from '../transport/exchange.js';
import { countGrpc, type GrpcMetrics } from './grpc/metrics.js';

export interface NodeMetrics {
  routed(
    labels: { readonly model: string; readonly version: string; readonly role: string; readonly code: number },
    milliseconds: number,
  ): void;
  /** A request was sent again, or would have been if too many were not. */
  retried(model: string, outcome: 'retried' | 'denied'): void;
  /** What became of a copy for a shadow. */
  copied(model: string, version: string, outcome: 'answered' | 'refused' | 'failed' | 'dropped'): void;
  readonly grpc: GrpcMetrics;
  /** Router, supervisor and all model servers, as Prometheus text. */
  text(): Promise<string>;
}

const BUCKETS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const ASK_MS = 500;
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export const createNodeMetrics = (environment: string, deployments: Deployments): NodeMetrics => {
  const registry = new Registry();
  registry.setDefaultLabels({ environment });
  const registers = [registry];
  const duration = new Histogram({
    name: 'slipway_router_request_duration_seconds',
    help: 'Time of a request at the router, by the version that answered and its HTTP status.',
    labelNames: ['model', 'version', 'role', 'code'],
    buckets: BUCKETS_S,
    registers,
  });
  const retries = new Counter({
    name: 'slipway_router_retries_total',
    help: 'Requests that were sent again because a model server went away or a candidate failed.',
    labelNames: ['model'],
    registers,
  });
  const denied = new Counter({
    name: 'slipway_router_retries_denied_total',
    help: 'Requests that were not sent again, because too many were.',
    labelNames: ['model'],
    registers,
  });
  const copies = new Counter({
    name: 'slipway_shadow_copies_total',
    help: 'Copies of answered requests for a shadow, by what became of them.',
    labelNames: ['model', 'version', 'outcome'],
    registers,
  });
  const labelNames = ['model', 'version', 'role'];
  const perVersion = (
    name: string,
    help: string,
    value: (one: ReturnType<Deployments['all']>[number]) => number,
  ): void => {
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const one of deployments.all())
          this.set({ model: one.model, version: one.running.version, role: one.running.role }, value(one));
      },
    });
  };
  perVersion(
    'slipway_version_ready',
    'Whether a version can answer; one that sleeps can, after a start.',
    ({ running }) => (running.ready || running.asleep !== undefined ? 1 : 0),
  );
  perVersion(
    'slipway_version_replicas',
    'Processes of a version, without those that drain; 0: it sleeps.',
    ({ running }) => running.staying.length,
  );
  perVersion('slipway_version_weight_percent', 'Share of the traffic that a version was given.', ({ running }) =>
    running.retiring ? 0 : running.weight,
  );
  perVersion(
    'slipway_version_restarts',
    'Times that a model server was started again.',
    ({ running }) => running.totalRestarts,
  );
  perVersion(
    'slipway_version_ejected',
    'Whether a version gets no requests because it did not answer.',
    ({ running }) => (running.ejected ? 1 : 0),
  );
  perVersion(
    'slipway_version_ejections',
    'Times that a version got no more requests because it did not answer, since the last command.',
    ({ running }) => running.ejections,
  );
  perVersion('slipway_version_memory_bytes', 'What a model server had in memory at its last probe.', ({ running }) =>
    Math.round(running.replicas.reduce((sum, one) => sum + (one.process.status().memoryMiB ?? 0), 0) * 1024 * 1024),
  );
  perVersion(
    'slipway_version_requests_in_flight',
    'Requests that a version has taken and not answered yet.',
    ({ running }) => running.inFlight,
  );
  const children = new Map<string, { observe(seconds: number): void }>();
  return {
    routed: ({ model, version, role, code }, milliseconds) => {
      const key = `${model} ${version} ${role} ${code}`;
      let child = children.get(key);
      if (child === undefined) {
        // Versions come and go for years; the labels of those that went are not kept for ever.
        if (children.size > 1_000) {
          children.clear();
          duration.reset();
        }
        children.set(key, (child = duration.labels(model, version, role, String(code))));
      }
      child.observe(milliseconds / 1000);
    },
    retried: (model, outcome) => (outcome === 'retried' ? retries : denied).inc({ model }),
    copied: (model, version, outcome) => copies.inc({ model, version, outcome }),
    grpc: countGrpc(registers),
    text: async () => {
      const own = await registry.metrics();
      const answers = await Promise.allSettled(
        deployments.all().flatMap(({ running }) => {
          const sockets = running.replicas.flatMap((one) => one.process.status().socket ?? []);
          return sockets.map((socketPath) =>
            exchangeJson({ socketPath }, { path: '/slipway/metrics', timeoutMs: ASK_MS }),
          );
        }),
      );
      const bodies = answers.flatMap((answer) =>
        answer.status === 'fulfilled' && answer.value.status === 200 ? [answer.value.body as object[]] : [],
      );
      return bodies.length === 0 ? own : `${own}\n${await AggregatorRegistry.aggregate(bodies).metrics()}`;
    },
  };
};
