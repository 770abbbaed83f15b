import { clip } from '../clip.js';
import { printable } from '../printable.js';
import { isFenceNumber } from './acceptEpoch.js';
import { isAddress, isGrpcAddress, readVersions } from './readVersions.js';
import { isRecord } from './told.js';
import type { Fence, TargetState } from './types.js';

export type ReadState =
  { readonly kind: 'state'; readonly state: TargetState } | { readonly kind: 'invalid'; readonly reason: string };

/** Why a version is not ready: longer words are cut. */
const MAX_REASON = 1_000;

/** What a serving node says that runs, every mistake named: on the way from another machine something else may answer. */
export const readState = (
  body: unknown,
  asked: { readonly model: string; readonly environment: string },
): ReadState => {
  if (!isRecord(body)) return { kind: 'invalid', reason: 'the answer is no object' };
  const { model, environment, fence, forgotten, inferenceUrl, grpcAddress } = body;
  const told = readVersions(body['versions'], (words) => clip(printable(words), MAX_REASON));
  const mistakes = [
    ...(model === asked.model && environment === asked.environment
      ? []
      : [`the state is not of ${asked.model} in ${asked.environment}`]),
    ...(isRecord(fence) && isFenceNumber(fence['epoch']) && isFenceNumber(fence['seq'])
      ? []
      : ['fence is no {epoch, seq}']),
    ...(told.mistakes ?? []),
    ...(forgotten === undefined || isFenceNumber(forgotten) ? [] : ['forgotten is no epoch']),
    ...(isAddress(inferenceUrl) ? [] : ['inferenceUrl is no address']),
    ...(grpcAddress === undefined || isGrpcAddress(grpcAddress) ? [] : ['grpcAddress is no host and port']),
  ];
  if (told.mistakes !== undefined || mistakes.length > 0) return { kind: 'invalid', reason: mistakes.join('; ') };
  const { epoch, seq } = fence as Fence;
  return {
    kind: 'state',
    state: {
      ...asked,
      fence: { epoch, seq },
      versions: told.versions,
      ...(forgotten === undefined ? {} : { forgotten: forgotten as number }),
      inferenceUrl: inferenceUrl as string,
      ...(grpcAddress === undefined ? {} : { grpcAddress: grpcAddress as string }),
    },
  };
};
