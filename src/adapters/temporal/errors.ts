import {
  isGrpcServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { ERRORS, type ErrorCode } from '../../domain/errors/table.js';

/**
 * An error of the SDK in the words of the error table. A failure that a workflow or activity made keeps its code;
 * the engine's own become `temporal_unreachable`, `not_found`, `timed_out`, `inbox_full`, `workflow_task_failed` or
 * `internal`.
 */
export const toSlipwayError = (error: unknown, doing: string): SlipwayError => {
  if (error instanceof SlipwayError) return error;
  const chain = causesOf(error);
  const failure = chain.find(
    (cause): cause is ApplicationFailure => cause instanceof ApplicationFailure && isCode(cause.type),
  );
  if (failure !== undefined) return fromFailure(failure, error);
  const code = codeOf(chain);
  const first = (chain.at(-1)?.message ?? String(error)).split('\n')[0] ?? '';
  return new SlipwayError(code, `${doing}: ${first}`, {}, { cause: error });
};

/** Did the time run out in which an answer was waited for? */
export const isOutOfTime = (error: unknown): boolean =>
  causesOf(error).some(
    (cause) =>
      (isGrpcServiceError(cause) && cause.code === DEADLINE_EXCEEDED) ||
      cause instanceof WorkflowUpdateRPCTimeoutOrCancelledError,
  );

const fromFailure = (failure: ApplicationFailure, cause: unknown): SlipwayError => {
  const details: unknown = failure.details?.[0];
  const safe = typeof details === 'object' && details !== null && !Array.isArray(details) ? { ...details } : {};
  return new SlipwayError(failure.type as ErrorCode, failure.message, safe, { cause });
};

const isCode = (type: string | null | undefined): boolean => typeof type === 'string' && Object.hasOwn(ERRORS, type);

const codeOf = (chain: readonly Error[]): ErrorCode => {
  if (chain.some((cause) => cause instanceof WorkflowNotFoundError || cause.name === 'ScheduleNotFoundError'))
    return 'not_found';
  const grpc = chain.find(isGrpcServiceError);
  const known = grpc === undefined ? undefined : GRPC[grpc.code];
  if (known !== undefined) return known;
  const said = MESSAGES.find(([words]) => chain.some(({ message }) => words.test(message)))?.[1];
  if (said !== undefined) return said;
  if (chain.some((cause) => cause instanceof WorkflowUpdateRPCTimeoutOrCancelledError)) return 'timed_out';
  return 'internal';
};

/** What the server says under codes that mean many things, or none. */
const MESSAGES: readonly (readonly [RegExp, ErrorCode])[] = [
  // A workflow takes 10,000 signals and 2,000 updates a run; the server refuses more as an invalid argument.
  [/exceeded workflow execution limit|limit on (?:number|the total number) of/i, 'inbox_full'],
  // It takes no update, or refuses it in the worker's name, until a worker has gone on with the workflow: as after a kill of the
  // server while one was judged.
  [/workflow task in failed state|update is rejected because it wasn't processed by worker/i, 'workflow_task_failed'],
];

/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const DEADLINE_EXCEEDED = 4;
const GRPC: Readonly<Record<number, ErrorCode>> = {
  1: 'timed_out',
  [DEADLINE_EXCEEDED]: 'timed_out',
  2: 'temporal_unreachable',
  5: 'not_found',
  8: 'inbox_full',
  // Also a connection that broke in the middle of an answer.
  13: 'temporal_unreachable',
  14: 'temporal_unreachable',
};

const causesOf = (error: unknown): readonly Error[] => {
  const chain: Error[] = [];
  for (let cause = error; cause instanceof Error && chain.length < 20; cause = cause.cause) chain.push(cause);
  return chain;
};
