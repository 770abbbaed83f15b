import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import { canonicalJson } from '../../domain/canonical.js';

type Events = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>;

/** Whoever reaches the engine can send anything; what cannot be read is nothing that anybody asks for. */
const textOf = (payload: Payload): string | undefined => {
  try {
    return canonicalJson(defaultPayloadConverter.fromPayload(payload));
  } catch {
    return undefined;
  }
};

/** When the first signal of this name with this argument was taken, epoch milliseconds. */
export const takenAt = (events: Events, signal: string, argument: unknown): number | undefined => {
  const wanted = canonicalJson(argument);
  const found = events.find(({ workflowExecutionSignaledEventAttributes: signalled }) => {
    const payload = signalled?.input?.payloads?.[0];
    return signalled?.signalName === signal && payload !== undefined && payload !== null && textOf(payload) === wanted;
  });
  const time = found?.eventTime;
  return time === undefined || time === null
    ? undefined
    : Number(time.seconds ?? 0) * 1000 + Math.floor((time.nanos ?? 0) / 1e6);
};
