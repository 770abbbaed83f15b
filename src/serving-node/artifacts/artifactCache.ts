import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { LAYERS, layerByPath, type Manifest } from '../../domain/artifact/manifest.js';
import type { Digest } from '../../domain/artifact/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { BlobStore } from '../../ports/blobStore.js';

export interface ArtifactCache {
  /** Folder with the manifest and the layers that serving needs, every byte checked; fetched where it is not there. */
  ensure(digest: Digest): Promise<string>;
  /** What the artifact's own spec says, unread; from here or the store. Undefined: it has none. */
  spec(digest: Digest): Promise<unknown>;
  /** Whether the artifact is here or in the store; `store_unreachable` where nobody can tell. */
  exists(digest: Digest): Promise<boolean>;
  /** Removes what nobody wants any more, but for the artifacts that were used last: a rollback finds those here. */
  tidy(isWanted: (digest: Digest) => boolean): Promise<void>;
}

const NEEDED = [LAYERS.model, LAYERS.signature, LAYERS.reference, LAYERS.smoke];
/** Artifacts that stay here without being wanted. */
const SPARE = 5;
const MAX_MANIFEST = 4 * 1024 * 1024;
const MAX_SPEC = 4 * 1024 * 1024;

export const createArtifactCache = (store: BlobStore, directory: string): ArtifactCache => {
  const folderOf = (digest: Digest): string => join(directory, digest.slice('sha256:'.length));
  const underWay = new Map<Digest, Promise<string>>();
  const fetchOnce = (digest: Digest): Promise<string> => {
    const running =
      underWay.get(digest) ?? fetchArtifact(store, digest, folderOf(digest)).finally(() => underWay.delete(digest));
    underWay.set(digest, running);
    return running;
  };
  let tidying: Promise<void> = Promise.resolve();
  return {
    ensure: async (digest) => {
      await tidying;
      const folder = (await isWhole(folderOf(digest), digest)) ? folderOf(digest) : await fetchOnce(digest);
      const now = new Date();
      await utimes(folder, now, now);
      return folder;
    },
    spec: (digest) => readSpec(store, digest, folderOf(digest)),
    exists: async (digest) => (await isWhole(folderOf(digest), digest)) || (await store.hasBlob(digest)) !== undefined,
    tidy: (isWanted) =>
      (tidying = tidying
        .then(async () => {
          const unwanted = (await lastUsedFirst(directory)).filter((digest) => !isWanted(digest));
          // Asked again right before: it may have become wanted meanwhile.
          for (const digest of unwanted.slice(SPARE))
            if (!isWanted(digest)) await rm(folderOf(digest), { recursive: true, force: true });
        })
        .catch(() => undefined)),
  };
};

const lastUsedFirst = async (directory: string): Promise<readonly Digest[]> => {
  const names = (await readdir(directory)).filter((name) => /^[0-9a-f]{64}$/.test(name));
  const used = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(directory, name))).mtimeMs })),
  );
  return used.sort((a, b) => b.at - a.at).map(({ name }): Digest => `sha256:${name}`);
};

const fetchArtifact = async (store: BlobStore, digest: Digest, folder: string): Promise<string> => {
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true, mode: 0o700 });
  const bytes = await store.getBlob(digest, MAX_MANIFEST);
  const manifest = parseManifest(bytes, digest);
  await writeFile(join(partial, 'manifest.json'), bytes);
  for (const path of [...NEEDED, LAYERS.spec]) {
    const layer = layerByPath(manifest, path);
    if (layer === undefined) continue;
    await mkdir(dirname(join(partial, path)), { recursive: true, mode: 0o700 });
    await store.getBlobToFile(layer.digest, join(partial, path));
  }
  await rm(folder, { recursive: true, force: true });
  await rename(partial, folder);
  return folder;
};

/** Kept here beside the rest; a folder from before it was is no worse for that. */
const readSpec = async (store: BlobStore, digest: Digest, folder: string): Promise<unknown> => {
  const kept = async (path: string, wanted: Digest, most: number): Promise<Uint8Array> => {
    const bytes = await readFile(join(folder, path)).catch(() => undefined);
    return bytes !== undefined && sha256(bytes) === wanted ? bytes : store.getBlob(wanted, most);
  };
  const manifest = parseManifest(await kept('manifest.json', digest, MAX_MANIFEST), digest);
  const layer = layerByPath(manifest, LAYERS.spec);
  if (layer === undefined) return undefined;
  const bytes = await kept(LAYERS.spec, layer.digest, MAX_SPEC);
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
  } catch (cause) {
    throw new SlipwayError('model_invalid', `the spec of ${digest} is no JSON`, {}, { cause });
  }
};

const sha256 = (bytes: Uint8Array): Digest => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

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
    if (sha256(bytes) !== digest) return false;
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
