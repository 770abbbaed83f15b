import { ERRORS, type ErrorCode } from '../../domain/errors/table.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { compareFences, sayFence } from '../../domain/rollout/acceptCommand.js';
import type { TargetState } from '../../domain/rollout/types.js';
import type { DeployTarget, TrafficMeasurement } from '../../ports/deployTarget.js';
import { exchangeJson, type Answer } from '../../transport/exchange.js';

export interface LocalServingOptions {
  readonly environment: string;
  readonly adminSocket: string;
  /** Where its admin side listens on the network; undefined: it is asked at its socket. */
  readonly admin?: { readonly host: string; readonly port: number; readonly token: string };
  /** Where callers reach the node, if that is not where the node thinks. */
  readonly inferenceUrl?: string;
}

const TIMEOUT_MS = 20_000;

/** DeployTarget over the admin side of a serving node: its socket on this machine, or its port with a token. */
export const createLocalServing = (options: LocalServingOptions): DeployTarget => {
  const { environment, adminSocket, admin } = options;
  const address = admin === undefined ? { socketPath: adminSocket } : { host: admin.host, port: admin.port };
  const shown = admin === undefined ? {} : { token: admin.token };
  const where = admin === undefined ? adminSocket : `${admin.host}:${admin.port}`;
  const ask = async (method: 'GET' | 'PUT', path: string, body?: unknown): Promise<Answer> => {
    try {
      return await exchangeJson(address, { method, path, body, timeoutMs: TIMEOUT_MS, ...shown });
    } catch (cause) {
      throw new SlipwayError(
        'target_unreachable',
        `the serving node of ${environment} does not answer at ${where}`,
        {},
        { cause },
      );
    }
  };
  const located = (state: TargetState): TargetState =>
    options.inferenceUrl === undefined ? state : { ...state, inferenceUrl: options.inferenceUrl.replace(/\/+$/, '') };
  return {
    apply: async (command) => {
      const state = answerOf(await ask('PUT', pathOf(command.model), command)) as TargetState;
      if (compareFences(state.fence, command.fence) !== 0)
        throw new SlipwayError(
          'target_regressed',
          `asked for ${sayFence(command.fence)}, what answers for ${environment} at ${where} is at ${sayFence(state.fence)}`,
        );
      return located(state);
    },
    observe: async (model) => {
      const answer = await ask('GET', pathOf(model));
      return answer.status === 404 ? undefined : located(answerOf(answer) as TargetState);
    },
    measure: async (model) => answerOf(await ask('GET', `${pathOf(model)}/traffic`)) as TrafficMeasurement,
  };
};

const pathOf = (model: string): string => `/deployments/${encodeURIComponent(model)}`;

const answerOf = ({ status, body }: Answer): unknown => {
  if (status === 200) return body;
  const { code, detail } = body as { code?: unknown; detail?: unknown };
  const known: ErrorCode = typeof code === 'string' && code in ERRORS ? (code as ErrorCode) : 'target_unreachable';
  throw new SlipwayError(known, typeof detail === 'string' ? detail : `the serving node answered ${status}`);
};
