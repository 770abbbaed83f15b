import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Loaded } from './loaded.js';
import type { ModelServerSettings } from './settings.js';

export interface ModelServerMetrics {
  observe(status: number, milliseconds: number): void;
  /** As text, and as what the serving node merges. */
  text(): Promise<string>;
  json(): Promise<unknown>;
}

const BUCKETS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Prometheus metrics of one version. */
export const createMetrics = (settings: ModelServerSettings, loaded: () => Loaded | undefined): ModelServerMetrics => {
  const registry = new Registry();
  const duration = new Histogram({
    name: 'slipway_inference_duration_seconds',
    help: 'Time from the first byte of an inference request to its answer, by HTTP status.',
    labelNames: ['code'],
    buckets: BUCKETS_S,
    registers: [registry],
  });
  new Counter({
    name: 'slipway_prediction_log_rows_total',
    help: 'Rows of the prediction log, by what became of them.',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      const status = loaded()?.log.status();
      this.reset();
      this.inc({ outcome: 'written' }, status?.written ?? 0);
      this.inc({ outcome: 'dropped' }, status?.dropped ?? 0);
    },
  });
  new Gauge({
    name: 'slipway_prediction_log_pending_rows',
    help: 'Rows that wait for the store.',
    registers: [registry],
    collect() {
      this.set(loaded()?.log.status().pending ?? 0);
    },
  });
  const byStatus = new Map<number, { observe(seconds: number): void }>();
  const label = (): void => {
    registry.setDefaultLabels({
      model: settings.model,
      environment: settings.environment,
      version: loaded()?.version ?? '',
    });
  };
  return {
    observe: (status, milliseconds) => {
      let labelled = byStatus.get(status);
      if (labelled === undefined) byStatus.set(status, (labelled = duration.labels(String(status))));
      labelled.observe(milliseconds / 1000);
    },
    text: async () => {
      label();
      return registry.metrics();
    },
    json: async () => {
      label();
      return registry.getMetricsAsJSON();
    },
  };
};
