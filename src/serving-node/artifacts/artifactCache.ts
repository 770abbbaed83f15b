import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { LAYERS, layerByPath, type Manifest } from '../../domain/artifact/manifest.js';
import type { Digest } from '../../domain/artifact/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { BlobStore } from '../../ports/blobStore.js';

export interface ArtifactCache {
  /** Folder with the manifest and the layers that serving needs, every byte checked; fetched where it is not there. */
  ensure(digest: Digest): Promise<string>;
  /** Whether the artifact is here or in the store; `store_unreachable` where nobody can tell. */
  exists(digest: Digest): Promise<boolean>;
  forget(digest: Digest): Promise<void>;
}

const NEEDED = [LAYERS.model, LAYERS.signature, LAYERS.reference, LAYERS.smoke];
const MAX_MANIFEST = 4 * 1024 * 1024;

export const createArtifactCache = (store: BlobStore, directory: string): ArtifactCache => {
  const folderOf = (digest: Digest): string => join(directory, digest.slice('sha256:'.length));
  const underWay = new Map<Digest, Promise<string>>();
  const fetchOnce = (digest: Digest): Promise<string> => {
    const running =
      underWay.get(digest) ?? fetchArtifact(store, digest, folderOf(digest)).finally(() => underWay.delete(digest));
    underWay.set(digest, running);
    return running;
  };
  return {
    ensure: async (digest) => ((await isWhole(folderOf(digest), digest)) ? folderOf(digest) : fetchOnce(digest)),
    exists: async (digest) => (await isWhole(folderOf(digest), digest)) || (await store.hasBlob(digest)) !== undefined,
    forget: (digest) => rm(folderOf(digest), { recursive: true, force: true }),
  };
};

const fetchArtifact = async (store: BlobStore, digest: Digest, folder: string): Promise<string> => {
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true, mode: 0o700 });
  const bytes = await store.getBlob(digest, MAX_MANIFEST);
  const manifest = parseManifest(bytes, digest);
  await writeFile(join(partial, 'manifest.json'), bytes);
  for (const path of NEEDED) {
    const layer = layerByPath(manifest, path);
    if (layer === undefined) continue;
    await mkdir(dirname(join(partial, path)), { recursive: true, mode: 0o700 });
    await store.getBlobToFile(layer.digest, join(partial, path));
  }
  await rm(folder, { recursive: true, force: true });
  await rename(partial, folder);
  return folder;
};

const parseManifest = (bytes: Uint8Array, digest: Digest): Manifest => {
  try {
    const manifest = JSON.parse(Buffer.from(bytes).toString('utf8')) as Manifest;
    if (Array.isArray(manifest.layers)) return manifest;
  } catch {
    // Said below.
  }
  throw new SlipwayError('model_invalid', `${digest} is no manifest of an artifact`);
};

/** A damaged file on this disk is found before a model server is started, and fetched again. */
const isWhole = async (folder: string, digest: Digest): Promise<boolean> => {
  try {
    const bytes = await readFile(join(folder, 'manifest.json'));
    if (`sha256:${createHash('sha256').update(bytes).digest('hex')}` !== digest) return false;
    const manifest = parseManifest(bytes, digest);
    for (const path of NEEDED) {
      const layer = layerByPath(manifest, path);
      if (layer !== undefined && (await digestOf(join(folder, path))) !== layer.digest) return false;
    }
    return true;
  } catch {
    return false;
  }
};

const digestOf = async (path: string): Promise<Digest> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return `sha256:${hash.digest('hex')}`;
};
