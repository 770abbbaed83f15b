import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FrozenReference, SmokeChunk } from '../domain/artifact/contents.js';
import { LAYERS, layerByPath, type Manifest } from '../domain/artifact/manifest.js';
import type { Digest } from '../domain/artifact/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { SignatureSpec } from '../domain/spec/types.js';

export interface OpenedArtifact {
  /** Computed from the bytes that were read, never taken from a name. */
  readonly artifactDigest: Digest;
  readonly modelDigest: Digest;
  readonly model: Uint8Array<ArrayBuffer>;
  readonly signature: SignatureSpec;
  readonly reference: FrozenReference | undefined;
  readonly smoke: SmokeChunk | undefined;
}

/**
 * Reads an artifact from a folder; every file must have the digest that the manifest names (`digest_mismatch`).
 * The model is given to the runtime from the bytes that were hashed, so nobody can change it in between.
 */
export const openArtifact = async (directory: string): Promise<OpenedArtifact> => {
  const manifestBytes = await readOrFail(join(directory, 'manifest.json'));
  const manifest = JSON.parse(Buffer.from(manifestBytes).toString('utf8')) as Manifest;
  const layer = (path: string): Promise<Uint8Array<ArrayBuffer> | undefined> => readLayer(directory, manifest, path);
  const model = await layer(LAYERS.model);
  const signature = await layer(LAYERS.signature);
  if (model === undefined || signature === undefined)
    throw new SlipwayError(
      'model_invalid',
      `the artifact has no ${model === undefined ? LAYERS.model : LAYERS.signature}`,
    );
  return {
    artifactDigest: sha256(manifestBytes),
    modelDigest: sha256(model),
    model,
    signature: parse<SignatureSpec>(signature),
    reference: parseOptional<FrozenReference>(await layer(LAYERS.reference)),
    smoke: parseOptional<SmokeChunk>(await layer(LAYERS.smoke)),
  };
};

const readLayer = async (
  directory: string,
  manifest: Manifest,
  path: string,
): Promise<Uint8Array<ArrayBuffer> | undefined> => {
  const descriptor = layerByPath(manifest, path);
  if (descriptor === undefined) return undefined;
  const bytes = await readOrFail(join(directory, path));
  const digest = sha256(bytes);
  if (digest !== descriptor.digest)
    throw new SlipwayError(
      'digest_mismatch',
      `${path} has the digest ${digest}, the manifest names ${descriptor.digest}`,
    );
  return bytes;
};

const readOrFail = async (path: string): Promise<Uint8Array<ArrayBuffer>> => {
  try {
    // A buffer of its own: it is handed to another thread.
    const file = await readFile(path);
    return file.byteLength === file.buffer.byteLength
      ? new Uint8Array(file.buffer as ArrayBuffer)
      : Uint8Array.from(file);
  } catch (cause) {
    throw new SlipwayError('not_found', `${path} cannot be read`, {}, { cause });
  }
};

const parse = <T>(bytes: Uint8Array): T => JSON.parse(Buffer.from(bytes).toString('utf8')) as T;
const parseOptional = <T>(bytes: Uint8Array | undefined): T | undefined =>
  bytes === undefined ? undefined : parse<T>(bytes);

const sha256 = (bytes: Uint8Array): Digest => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
