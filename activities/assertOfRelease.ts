import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { releaseId as idOf } from '../workflows/messages.js';
import { assertOwnStream } from './assertOwnStream.js';
import type { Ports } from './ports.js';

export interface ReleaseRef {
  readonly releaseId: string;
  readonly model: string;
  readonly repository: string;
  readonly commit: string;
}

/**
 * Whoever reaches the engine can have an activity run with any input. What is written into the stream of a release must
 * be asked for by its own workflow, and be of its own commit, from the repository that the operator gave its model.
 */
export const assertOfRelease = (
  { settings }: Pick<Ports, 'settings'>,
  { releaseId, model, repository, commit }: ReleaseRef,
): void => {
  assertOwnStream(releaseId);
  const id = idOf(model, commit);
  if (releaseId !== id && !releaseId.startsWith(`${id}.`))
    throw new SlipwayError('record_mismatch', `${releaseId} is no release of ${model} at ${commit}`);
  const configured = settings.models[model]?.repository;
  if (configured !== undefined && configured !== repository)
    throw new SlipwayError('record_mismatch', `the repository of ${model} is not ${repository}`);
};
