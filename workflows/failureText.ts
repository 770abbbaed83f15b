import { ApplicationFailure, isCancellation } from '@temporalio/workflow';
import type { ErrorCode } from '../src/domain/errors/table.js';

/** What a failure is about: with the code of the error table where it has one, not just that an activity failed. */
export const failureText = (error: unknown): string => {
  if (isCancellation(error)) return 'cancelled';
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure ? `${cause.type ?? 'internal'}: ${cause.message}` : messageOf(cause);
};

/** The same in words alone, for a line that people read. */
export const failureReason = (error: unknown): string => messageOf(causeOf(error));

/** Did the work end with this code of the error table? */
export const isRefusedBy = (error: unknown, code: ErrorCode): boolean => {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure && cause.type === code;
};

/** The code of the error table alone. */
export const failureCode = (error: unknown): string => {
  const cause = causeOf(error);
  return (cause instanceof ApplicationFailure ? cause.type : undefined) ?? 'internal';
};

/** What the failure says besides its words, as the activity gave it. */
export const failureDetails = (error: unknown): Readonly<Record<string, unknown>> => {
  const cause = causeOf(error);
  const first: unknown = cause instanceof ApplicationFailure ? cause.details?.[0] : undefined;
  return typeof first === 'object' && first !== null ? (first as Readonly<Record<string, unknown>>) : {};
};

const causeOf = (error: unknown): unknown => {
  let cause: unknown = error;
  while (cause instanceof Error && cause.cause instanceof Error && !(cause instanceof ApplicationFailure))
    cause = cause.cause;
  return cause;
};

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
