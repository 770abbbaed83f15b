import { Counter, Histogram, type Registry } from 'prom-client';
import { CODES, type Code } from '../../domain/inference/grpc/status.js';

export interface GrpcMetrics {
  started(service: string, method: string): void;
  handled(service: string, method: string, code: Code, milliseconds: number): void;
}

const BUCKETS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const LABELS = ['grpc_type', 'grpc_service', 'grpc_method'];

/** Calls over gRPC, by the names of go-grpc-prometheus, which dashboards for gRPC ask for. */
export const countGrpc = (registers: Registry[]): GrpcMetrics => {
  const started = new Counter({
    name: 'grpc_server_started_total',
    help: 'Calls that came over gRPC.',
    labelNames: LABELS,
    registers,
  });
  const handled = new Counter({
    name: 'grpc_server_handled_total',
    help: 'Calls over gRPC that have ended, by their code.',
    labelNames: [...LABELS, 'grpc_code'],
    registers,
  });
  const duration = new Histogram({
    name: 'grpc_server_handling_seconds',
    help: 'Time of calls over gRPC.',
    labelNames: LABELS,
    buckets: BUCKETS_S,
    registers,
  });
  const labels = (service: string, method: string) => ({
    grpc_type: 'unary',
    grpc_service: service,
    grpc_method: method,
  });
  return {
    started: (service, method) => started.inc(labels(service, method)),
    handled: (service, method, code, milliseconds) => {
      handled.inc({ ...labels(service, method), grpc_code: NAMES[code] });
      duration.observe(labels(service, method), milliseconds / 1000);
    },
  };
};

/** As Go writes them. */
const NAMES: Readonly<Record<Code, string>> = {
  [CODES.ok]: 'OK',
  [CODES.cancelled]: 'Canceled',
  [CODES.invalidArgument]: 'InvalidArgument',
  [CODES.deadlineExceeded]: 'DeadlineExceeded',
  [CODES.notFound]: 'NotFound',
  [CODES.resourceExhausted]: 'ResourceExhausted',
  [CODES.internal]: 'Internal',
  [CODES.unavailable]: 'Unavailable',
};
