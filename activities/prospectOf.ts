import { describeProspect, type Prospect } from '../src/domain/approval/prospect.js';
import { diffArtifacts, type ComparedVersion } from '../src/domain/artifact/diffArtifacts.js';
import { layerByPath, LAYERS } from '../src/domain/artifact/manifest.js';
import { packagesOf } from '../src/domain/artifact/packagesOf.js';
import type { Digest, Version } from '../src/domain/artifact/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { EnvironmentSpec } from '../src/domain/spec/types.js';
import type { BlobStore } from '../src/ports/blobStore.js';
import { readFrozenReference, readLineage, readManifest } from './artifactContents.js';
import { getJson } from './documents.js';

/** What approving would change there. A version whose parts cannot be read any more is not compared: that holds nobody up. */
export const prospectOf = async (
  store: BlobStore,
  model: string,
  environment: EnvironmentSpec,
  champion: Version | undefined,
  candidate: Digest,
): Promise<Prospect> => {
  const before = champion === undefined ? undefined : await compared(store, champion.artifactDigest);
  const after = before === undefined ? undefined : await compared(store, candidate);
  const differences = before === undefined || after === undefined ? [] : diffArtifacts(before, after);
  return describeProspect(model, environment, champion, differences);
};

const compared = async (store: BlobStore, artifact: Digest): Promise<ComparedVersion | undefined> => {
  try {
    const manifest = await readManifest(store, artifact);
    const list = layerByPath(manifest, LAYERS.environment);
    return {
      manifest,
      lineage: await readLineage(store, artifact),
      packages: list === undefined ? {} : packagesOf(await getJson<unknown>(store, list.digest)),
      metrics: { ...(await readFrozenReference(store, artifact)).metrics },
    };
  } catch (error) {
    if (error instanceof SlipwayError && !error.retryable) return undefined;
    throw error;
  }
};
