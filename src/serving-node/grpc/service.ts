import {
  readModelName,
  writeHealth,
  writeModelMetadata,
  writeServerMetadata,
  writeYes,
  type ModelMetadata,
} from '../../domain/inference/grpc/messages.js';
import { CODES } from '../../domain/inference/grpc/status.js';
import type { Deployment } from '../deployment.js';
import { ANSWER_MS, SERVER } from '../route/inference.js';
import { answered, refusedBy, type Call, type Method, type Reply, type ServiceParts } from './call.js';
import { modelInfer } from './modelInfer.js';

const INFERENCE_SERVICE = 'inference.GRPCInferenceService';
const HEALTH_SERVICE = 'grpc.health.v1.Health';

/** The methods of the Open Inference Protocol over gRPC, and of gRPC's own health protocol, by service. */
export const createServices = (parts: ServiceParts): Readonly<Record<string, Readonly<Record<string, Method>>>> => ({
  [INFERENCE_SERVICE]: {
    ServerLive: () => answered(writeYes(true)),
    ServerReady: () => answered(writeYes(parts.deployments.ready())),
    ServerMetadata: () => answered(writeServerMetadata(SERVER)),
    ModelReady: ofModel(parts, (deployment, version) => {
      const answer = parts.inference.ready(deployment, version);
      // What is loading is no failure of the question.
      return answer.status === 200 || answer.status === 503
        ? answered(writeYes(answer.status === 200))
        : refusedBy(answer);
    }),
    ModelMetadata: ofModel(parts, (deployment, version, call) => modelMetadata(parts, deployment, version, call)),
    ModelInfer: (message, call) => modelInfer(parts, message, call),
  },
  [HEALTH_SERVICE]: {
    // HealthCheckRequest has the service where other messages have the model's name.
    Check: (message) => {
      const service = readModelName(message)?.name;
      return service === '' || service === INFERENCE_SERVICE
        ? answered(writeHealth(parts.deployments.ready()))
        : { kind: 'refused', code: CODES.notFound, details: `there is no service ${String(service).slice(0, 200)}` };
    },
  },
});

const ofModel =
  (
    parts: ServiceParts,
    answer: (deployment: Deployment, version: string | undefined, call: Call) => Reply | Promise<Reply>,
  ): Method =>
  (message, call) => {
    const asked = readModelName(message);
    if (asked === undefined)
      return { kind: 'refused', code: CODES.invalidArgument, details: 'the message is not of this method' };
    const deployment = parts.inference.find(asked.name);
    if ('status' in deployment) return refusedBy(deployment);
    return answer(deployment, asked.version === '' ? undefined : asked.version, call);
  };

const modelMetadata = async (
  { inference, limits }: ServiceParts,
  deployment: Deployment,
  version: string | undefined,
  call: Call,
): Promise<Reply> => {
  const path = `/v2/models/${deployment.model}`;
  const question = { method: 'GET', path, headers: '', body: NOTHING, timeoutMs: limits.deadlineMs + ANSWER_MS };
  const answer = await inference.metadata(deployment, {
    question,
    stickyKey: undefined,
    only: version,
    cancelled: call.cancelled,
    deadline: performance.now() + call.leftMs,
  });
  return answer.status === 200
    ? answered(writeModelMetadata(JSON.parse(answer.body.toString('utf8')) as ModelMetadata))
    : refusedBy(answer);
};

const NOTHING = Buffer.alloc(0);
