import type { Digest } from '../domain/artifact/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { ReleaseRequest } from '../ports/signer.js';

/** Requests as they arrive, checked before anything is done with them: `request_invalid`. */
export const modelOf = (body: unknown): Pick<ReleaseRequest, 'model' | 'artifactDigest'> => {
  const { model, artifactDigest } = fields(body);
  return { model: text(model, 'model'), artifactDigest: digest(artifactDigest, 'artifactDigest') };
};

export const releaseOf = (body: unknown): ReleaseRequest => {
  const { model, releaseId, artifactDigest } = fields(body);
  return {
    model: text(model, 'model'),
    releaseId: text(releaseId, 'releaseId'),
    artifactDigest: digest(artifactDigest, 'artifactDigest'),
  };
};

const MAX_STREAMS = 1_000;

export const streamsOf = (body: unknown): readonly string[] => {
  const { streams } = fields(body);
  if (!Array.isArray(streams) || streams.length > MAX_STREAMS)
    throw invalid(`streams is no list of at most ${MAX_STREAMS}`);
  return streams.map((stream: unknown) => text(stream, 'a stream'));
};

const fields = (value: unknown): Readonly<Record<string, unknown>> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('an object is expected');
  return value as Readonly<Record<string, unknown>>;
};

const text = (value: unknown, name: string): string => {
  if (typeof value !== 'string' || value === '' || value.length > 1_000)
    throw invalid(`${name} is no text of 1 to 1,000 characters`);
  return value;
};

const digest = (value: unknown, name: string): Digest => {
  if (typeof value !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(value)) throw invalid(`${name} is no digest`);
  return value as Digest;
};

const invalid = (why: string): SlipwayError => new SlipwayError('request_invalid', why);
