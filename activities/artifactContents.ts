import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { FrozenReference, Lineage, PackagedSignature, SmokeChunk } from '../src/domain/artifact/contents.js';
import {
  datasetLayer,
  FILEPATH,
  layerByPath,
  LAYERS,
  type Descriptor,
  type Manifest,
} from '../src/domain/artifact/manifest.js';
import { acceptManifest } from '../src/domain/artifact/readManifest.js';
import type { Digest } from '../src/domain/artifact/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { ReferenceHistogram } from '../src/domain/rollout/types.js';
import type { SignatureSpec, Spec } from '../src/domain/spec/types.js';
import type { BlobStore } from '../src/ports/blobStore.js';
import { getJson } from './documents.js';
import type { Ports } from './ports.js';

/** What activities read out of an artifact; every blob is checked against its digest on the way. */
export const readManifest = async (store: BlobStore, artifact: Digest): Promise<Manifest> => {
  try {
    return acceptManifest(await getJson<unknown>(store, artifact), artifact);
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'not_found')
      throw new SlipwayError('artifact_unknown', `there is no artifact ${artifact}`);
    throw error;
  }
};

const readLayer = async <T>(store: BlobStore, artifact: Digest, path: string): Promise<T> =>
  getJson<T>(store, present(layerByPath(await readManifest(store, artifact), path), artifact, path).digest);

export const readSignature = (store: BlobStore, artifact: Digest): Promise<PackagedSignature> =>
  readLayer(store, artifact, LAYERS.signature);

export const readSpec = (store: BlobStore, artifact: Digest): Promise<Spec> => readLayer(store, artifact, LAYERS.spec);

export const readLineage = (store: BlobStore, artifact: Digest): Promise<Lineage> =>
  readLayer(store, artifact, LAYERS.lineage);

export const readFrozenReference = (store: BlobStore, artifact: Digest): Promise<FrozenReference> =>
  readLayer(store, artifact, LAYERS.reference);

export const readReferences = async (
  store: BlobStore,
  artifact: Digest,
): Promise<Readonly<Record<string, ReferenceHistogram>>> => (await readFrozenReference(store, artifact)).features;

/** At most `rows` of the packaged chunk. */
export const readSmokeRows = async (store: BlobStore, artifact: Digest, rows: number): Promise<SmokeChunk> => {
  const chunk = await readLayer<SmokeChunk>(store, artifact, LAYERS.smoke);
  return {
    columns: Object.fromEntries(Object.entries(chunk.columns).map(([name, values]) => [name, values.slice(0, rows)])),
    expected: chunk.expected.slice(0, rows),
  };
};

export interface ArtifactFiles {
  readonly model: string;
  readonly evaluation: string;
  readonly reference: string;
  readonly signature: SignatureSpec;
}

/** The artifact's model and tables as local files, for as long as `work` runs. */
export const withArtifactFiles = async <T>(
  ports: Ports,
  artifact: Digest,
  work: (files: ArtifactFiles) => Promise<T>,
): Promise<T> => {
  const directory = join(ports.settings.workDirectory, randomUUID());
  await mkdir(directory, { recursive: true });
  try {
    const manifest = await readManifest(ports.store, artifact);
    const fetchLayer = async (layer: Descriptor | undefined, name: string): Promise<string> => {
      const found = present(layer, artifact, name);
      const path = join(directory, basename(found.annotations?.[FILEPATH] ?? name));
      await ports.store.getBlobToFile(found.digest, path);
      return path;
    };
    return await work({
      model: await fetchLayer(layerByPath(manifest, LAYERS.model), LAYERS.model),
      evaluation: await fetchLayer(datasetLayer(manifest, 'evaluation'), 'evaluation'),
      reference: await fetchLayer(datasetLayer(manifest, 'reference'), 'reference'),
      signature: await readSignature(ports.store, artifact),
    });
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
};

const present = (layer: Descriptor | undefined, artifact: Digest, path: string): Descriptor => {
  if (layer === undefined) throw new SlipwayError('artifact_unknown', `the artifact ${artifact} has no ${path}`);
  return layer;
};
