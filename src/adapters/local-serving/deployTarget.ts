import { clip } from '../../domain/clip.js';
import { ERRORS, type ErrorCode } from '../../domain/errors/table.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { compareFences, sayFence } from '../../domain/rollout/acceptCommand.js';
import { readState } from '../../domain/rollout/readState.js';
import { readTraffic } from '../../domain/rollout/readTraffic.js';
import { isRecord } from '../../domain/rollout/told.js';
import type { TargetState } from '../../domain/rollout/types.js';
import { printable } from '../../domain/printable.js';
import type { DeployTarget } from '../../ports/deployTarget.js';
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
  const invalid = (reason: string): SlipwayError =>
    new SlipwayError('target_answer_invalid', `what answers for ${environment} at ${where}: ${reason}`, {
      environment,
    });
  const stateOf = (model: string, answer: Answer): TargetState => {
    const read = readState(answerOf(answer), { model, environment });
    if (read.kind === 'invalid') throw invalid(read.reason);
    const { inferenceUrl = read.state.inferenceUrl } = options;
    const { grpcAddress } = read.state;
    return {
      ...read.state,
      inferenceUrl: inferenceUrl.replace(/\/+$/, ''),
      // Where callers reach it by HTTP they reach it by gRPC; the port the node knows better than anybody.
      ...(grpcAddress === undefined ? {} : { grpcAddress: `${new URL(inferenceUrl).hostname}${portOf(grpcAddress)}` }),
    };
  };
  return {
    apply: async (command) => {
      const state = stateOf(command.model, await ask('PUT', pathOf(command.model), command));
      if (compareFences(state.fence, command.fence) !== 0)
        throw new SlipwayError(
          'target_regressed',
          `asked for ${sayFence(command.fence)}, what answers for ${environment} at ${where} is at ${sayFence(state.fence)}`,
        );
      return state;
    },
    observe: async (model) => {
      const answer = await ask('GET', pathOf(model));
      return answer.status === 404 ? undefined : stateOf(model, answer);
    },
    measure: async (model) => {
      const read = readTraffic(answerOf(await ask('GET', `${pathOf(model)}/traffic`)));
      if (read.kind === 'invalid') throw invalid(read.reason);
      const { kind: _, ...measured } = read;
      return measured;
    },
  };
};

const portOf = (address: string): string => address.slice(address.lastIndexOf(':'));

const pathOf = (model: string): string => `/deployments/${encodeURIComponent(model)}`;

/** Words of a node become part of ledgers and messages, and are shown to people. */
const MAX_DETAIL = 1_000;

const answerOf = ({ status, body }: Answer): unknown => {
  if (status === 200) return body;
  const { code, detail } = isRecord(body) ? body : {};
  const known = isCode(code) ? code : 'target_unreachable';
  throw new SlipwayError(
    known,
    typeof detail === 'string' ? clip(printable(detail), MAX_DETAIL) : `the serving node answered ${status}`,
  );
};

const isCode = (code: unknown): code is ErrorCode => typeof code === 'string' && Object.hasOwn(ERRORS, code);
