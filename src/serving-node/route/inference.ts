import type { ServingLimits } from '../../contract/servingLimits.js';
import { fallback } from '../../domain/routing/chooseVersion.js';
import { retryAfterSeconds } from '../../domain/routing/retryAfter.js';
import type { Deployment } from '../deployment.js';
import type { Deployments } from '../deployments.js';
import type { NodeMetrics } from '../metrics.js';
import type { Relayed } from './exchange.js';
import { createForwarder, type Forwarded, type Forwarding } from './forward.js';
import { createShadows } from './shadows.js';

/** Requests with the same value of this header are answered by the same version. */
export const STICKY_HEADER = 'x-slipway-key';
/** Chooses a version by its 64 digits, or a role: for tests. */
export const VERSION_HEADER = 'x-slipway-version';

/** Of the whole node, whichever protocol asks. */
export const SERVER = { name: 'slipway', version: '0.1.0', extensions: ['binary_tensor_data'] };
/** On top of what a request may wait for the model. */
export const ANSWER_MS = 5_000;

export interface InferenceParts {
  readonly deployments: Deployments;
  readonly metrics: NodeMetrics;
  readonly limits: ServingLimits;
}

export interface Told {
  readonly answer: Relayed;
  /** Called once the caller has the answer: it is counted, and shadows get their copies. */
  readonly done: () => void;
}

/** What callers ask of models: the same over every protocol, so that weights, keys, retries and shadows hold in each. */
export interface Inference {
  /** The model, or the answer that there is none. */
  find(model: string): Deployment | Relayed;
  ready(deployment: Deployment, version: string | undefined): Relayed;
  metadata(deployment: Deployment, forwarding: Forwarding): Promise<Relayed>;
  /** @param started performance.now() when the request came */
  infer(deployment: Deployment, forwarding: Forwarding, started: number): Promise<Told>;
}

export const createInference = ({ deployments, metrics, limits }: InferenceParts): Inference => {
  const forwarder = createForwarder(Math.random);
  const shadows = createShadows({ random: Math.random, metrics, waiting: limits.shadowQueue });
  const answerOf = (deployment: Deployment, forwarded: Forwarded): Relayed => {
    switch (forwarded.kind) {
      case 'answered':
        return forwarded.answer;
      case 'unknown_version':
        return failed(404, `the model ${deployment.model} has no such version`);
      case 'cancelled':
        return failed(499, 'the caller went away');
      case 'late':
        return failed(
          503,
          `the model ${deployment.model} slept, and is being started: ask again`,
          comeAgain(deployment),
        );
      case 'nobody':
        return failed(503, `no version of ${deployment.model} is ready`, comeAgain(deployment));
    }
  };
  const forward = async (deployment: Deployment, forwarding: Forwarding): Promise<Forwarded> => {
    const forwarded = await forwarder.forward(deployment, forwarding);
    const retry = forwarded.kind === 'answered' || forwarded.kind === 'nobody' ? forwarded.retry : 'none';
    if (retry !== 'none') metrics.retried(deployment.model, retry);
    return forwarded;
  };
  return {
    find: (model) => {
      const deployment = deployments.find(model);
      return deployment === undefined || deployment.versions().length === 0
        ? failed(404, `there is no model ${model}`)
        : deployment;
    },
    ready: (deployment, version) => {
      const { model } = deployment;
      const versions = deployment.versions();
      const named = version === undefined ? undefined : versions.find((one) => one.version === version);
      if (version !== undefined && named === undefined) return failed(404, `the model ${model} has no such version`);
      const sleeper = versions.find((one) => one.weight > 0 && one.answers);
      const ready = named === undefined ? (fallback(versions) ?? sleeper) !== undefined : named.answers;
      return ready ? told(200, { name: model, ready }) : failed(503, `the model ${model} is not ready`);
    },
    metadata: async (deployment, forwarding) => answerOf(deployment, await forward(deployment, forwarding)),
    infer: async (deployment, forwarding, started) => {
      const forwarded = await forward(deployment, forwarding);
      const answer = answerOf(deployment, forwarded);
      return {
        answer,
        done: () => {
          if (forwarded.kind === 'unknown_version' || forwarded.kind === 'cancelled') return;
          const by = forwarded.kind === 'answered' ? forwarded.by : undefined;
          metrics.routed(
            { model: deployment.model, version: by?.version ?? '', role: by?.role ?? '', code: answer.status },
            performance.now() - started,
          );
          if (forwarded.kind === 'answered' && forwarding.only === undefined)
            shadows.copy(deployment, forwarding.question, answer);
        },
      };
    },
  };
};

/** When the first of its versions that callers are given to can answer. */
const comeAgain = (deployment: Deployment): Readonly<Record<string, string>> => {
  const awaited = deployment.versions().filter(({ role, retiring }) => role !== 'shadow' && !retiring);
  const expected = awaited.flatMap(({ expectedMs }) => expectedMs ?? []);
  return { 'retry-after': String(retryAfterSeconds(expected.length === 0 ? undefined : Math.min(...expected))) };
};

const told = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Relayed => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: Buffer.from(JSON.stringify(value)),
});

export const failed = (status: number, error: string, headers: Readonly<Record<string, string>> = {}): Relayed =>
  told(status, { error }, headers);
