import type { Digest } from '../domain/artifact/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { ProvenanceRequest } from '../ports/signer.js';

/** Requests as they arrive, checked before anything is done with them: `request_invalid`. */
export const provenanceOf = (body: unknown): ProvenanceRequest => {
  const { model, releaseId, artifactDigest, predicate } = fields(body);
  return {
    model: text(model, 'model'),
    releaseId: text(releaseId, 'releaseId'),
    artifactDigest: digest(artifactDigest, 'artifactDigest'),
    predicate: fields(predicate),
  };
};

export const ledgerHeadOf = (
  body: unknown,
): { readonly stream: string; readonly seq: number; readonly digest: Digest } => {
  const { stream, seq, digest: named } = fields(body);
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 1) throw invalid('seq is no number from 1');
  return { stream: text(stream, 'stream'), seq, digest: digest(named, 'digest') };
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
