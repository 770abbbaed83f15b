import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Inferred } from './inferred.js';
import type { Loaded } from './loaded.js';
import type { ModelServerSettings } from './settings.js';
import { countAsTriton } from './tritonMetrics.js';

export interface ModelServerMetrics {
  /** Any answer to an inference. */
  observe(status: number, milliseconds: number): void;
  inferred(inferred: Inferred): void;
  /** As text, and as what the serving node merges. */
  text(): Promise<string>;
  json(): Promise<unknown>;
}

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const BUCKETS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Prometheus metrics of one version: our own, and those of Triton and KServe, for dashboards that know these. */
export const createMetrics = (settings: ModelServerSettings, loaded: () => Loaded | undefined): ModelServerMetrics => {
  const registry = new Registry();
  const registers = [registry];
  const duration = new Histogram({
    name: 'slipway_inference_duration_seconds',
    help: 'Time from the first byte of an inference request to its answer, by HTTP status.',
    labelNames: ['code'],
    buckets: BUCKETS_S,
    registers,
  });
  const warned = new Counter({
    name: 'slipway_feature_warnings_total',
    help: 'Rows with a value that slipway.yaml says the feature should not have.',
    labelNames: ['feature', 'kind'],
    registers,
  });
  new Counter({
    name: 'slipway_prediction_log_rows_total',
    help: 'Rows of the prediction log, by what became of them.',
    labelNames: ['outcome'],
    registers,
    collect() {
      const status = loaded()?.log.status();
      this.reset();
      this.inc({ outcome: 'written' }, status?.written ?? 0);
      this.inc({ outcome: 'dropped' }, status?.dropped ?? 0);
      this.inc({ outcome: 'sampled_out' }, status?.sampledOut ?? 0);
    },
  });
  new Gauge({
    name: 'slipway_prediction_log_pending_rows',
    help: 'Rows that wait for the store.',
    registers,
    collect() {
      this.set(loaded()?.log.status().pending ?? 0);
    },
  });
  const stage = (name: string, help: string) =>
    new Histogram({ name, help, labelNames: ['model_name'], buckets: BUCKETS_S, registers }).labels(settings.model);
  const kserve = {
    read: stage('request_preprocess_seconds', 'Time until a request is read and checked.'),
    predict: stage('request_predict_seconds', 'Time in the queue and in the model.'),
    write: stage('request_postprocess_seconds', 'Time until the answer is written.'),
  };
  const triton = countAsTriton(registry, () => loaded()?.engine.status());
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
      triton.answered(status, milliseconds);
    },
    inferred: (inferred) => {
      kserve.read.observe(inferred.readMs / 1000);
      kserve.predict.observe((inferred.waitedMs + inferred.ranMs) / 1000);
      kserve.write.observe(inferred.wroteMs / 1000);
      triton.inferred(inferred);
      for (const { feature, kind, rows } of inferred.warnings) warned.inc({ feature, kind }, rows);
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
