import type { BlobRef, Digest } from './types.js';

/** Media types of the OCI image specification 1.1 and the CNCF ModelPack specification. */
export const MEDIA_TYPES = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  artifact: 'application/vnd.cncf.model.manifest.v1+json',
  config: 'application/vnd.cncf.model.config.v1+json',
  weight: 'application/vnd.cncf.model.weight.v1.raw',
  doc: 'application/vnd.cncf.model.doc.v1.raw',
  dataset: 'application/vnd.cncf.model.dataset.v1.raw',
} as const;

export const FILEPATH = 'org.cncf.model.filepath';

/** Where Slipway keeps what it needs inside an artifact. */
export const LAYERS = {
  model: 'model.onnx',
  signature: 'slipway/signature.json',
  reference: 'slipway/reference.json',
  lineage: 'slipway/lineage.json',
  smoke: 'slipway/smoke.json',
  spec: 'slipway/spec.json',
  card: 'slipway/card.json',
  imported: 'slipway/imported.json',
  environment: 'slipway/environment.cdx.json',
} as const;

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType: typeof MEDIA_TYPES.manifest;
  readonly artifactType: typeof MEDIA_TYPES.artifact;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
}

/** A file of the artifact, with the digest and size that the store gave it. */
export interface LayerFile extends BlobRef {
  readonly path: string;
  readonly mediaType: string;
}

/** The same files and annotations give the same manifest, whatever order they come in. */
export const buildManifest = (
  config: BlobRef,
  files: readonly LayerFile[],
  annotations: Readonly<Record<string, string>>,
): Manifest => ({
  schemaVersion: 2,
  mediaType: MEDIA_TYPES.manifest,
  artifactType: MEDIA_TYPES.artifact,
  config: { mediaType: MEDIA_TYPES.config, digest: config.digest, size: config.size },
  layers: [...files]
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
    .map(({ path, mediaType, digest, size }) => ({ mediaType, digest, size, annotations: { [FILEPATH]: path } })),
  annotations,
});

export interface ModelConfigInput {
  readonly name: string;
  readonly commit: string;
  /** RFC 3339, of the commit: the same commit builds the same bytes. */
  readonly createdAt: string;
  readonly licence?: string;
  readonly description: string;
}

/** ModelPack's model configuration: what the model is, and the digests of its layers in their order. */
export const buildModelConfig = (
  input: ModelConfigInput,
  files: readonly LayerFile[],
): Readonly<Record<string, unknown>> => ({
  descriptor: {
    name: input.name,
    version: input.commit,
    createdAt: input.createdAt,
    description: input.description,
    ...(input.licence === undefined ? {} : { licenses: [input.licence] }),
  },
  config: { format: 'onnx' },
  modelfs: {
    type: 'layers',
    diffIds: [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)).map((file) => file.digest),
  },
});

/** The layer that holds a file; undefined where the artifact has none of that name. */
export const layerByPath = (manifest: Manifest, path: string): Descriptor | undefined =>
  manifest.layers.find((layer) => layer.annotations?.[FILEPATH] === path);

/** Datasets that travel with the artifact: the tables that gates and drift are computed from. */
export const datasetLayer = (manifest: Manifest, role: 'evaluation' | 'reference'): Descriptor | undefined =>
  manifest.layers.find(
    (layer) => layer.mediaType === MEDIA_TYPES.dataset && (layer.annotations?.[FILEPATH] ?? '').startsWith(`${role}.`),
  );
