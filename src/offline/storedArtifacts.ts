import { acceptManifest } from '../domain/artifact/readManifest.js';
import type { Manifest } from '../domain/artifact/manifest.js';
import type { Digest } from '../domain/artifact/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { ArtifactShelf, ArtifactSummary, ShelvedArtifact } from '../ports/artifactShelf.js';
import type { BlobStore } from '../ports/blobStore.js';
import type { DsseEnvelope } from '../ports/signer.js';
import { releaseAttestations } from '../recovery/releaseAttestations.js';

const PAGE = 1_000;
const LEAST_DIGITS = 6;

interface Place {
  readonly model: string;
  readonly digest: Digest;
}

/** Artifacts of an installation, read from its store alone. */
export const createStoredArtifacts = (store: BlobStore): ArtifactShelf => {
  const summary = async (place: Place): Promise<ArtifactSummary> => {
    const { manifest } = await manifestOf(store, place.digest);
    const [standing] = await releaseAttestations(store, place.model, place.digest);
    return {
      ...place,
      commit: manifest.annotations['org.opencontainers.image.revision'] ?? '',
      createdAt: manifest.annotations['org.opencontainers.image.created'] ?? '',
      size: manifest.layers.reduce((sum, { size }) => sum + size, 0),
      ...(standing === undefined || standing.releaseId === '' ? {} : { releaseId: standing.releaseId }),
      ...(standing?.outcome === undefined ? {} : { outcome: standing.outcome }),
    };
  };

  return {
    list: async (model) => {
      const found: ArtifactSummary[] = [];
      for (const place of await allPlaces(store, model)) found.push(await summary(place));
      return found.sort((a, b) => (a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : 0));
    },
    open: async (named): Promise<ShelvedArtifact> => {
      const place = choose(await allPlaces(store), named);
      const { manifest, manifestBytes } = await manifestOf(store, place.digest);
      return {
        ...place,
        manifest,
        manifestBytes,
        read: (part) => store.getBlob(part.digest),
        copyTo: (part, path) => store.getBlobToFile(part.digest, path),
        attestations: () => attestations(store, place),
      };
    },
  };
};

const manifestOf = async (
  store: BlobStore,
  digest: Digest,
): Promise<{ readonly manifest: Manifest; readonly manifestBytes: Uint8Array }> => {
  const manifestBytes = await store.getBlob(digest);
  return { manifest: acceptManifest(parse(manifestBytes, digest), digest), manifestBytes };
};

export const allPlaces = async (store: BlobStore, model?: string): Promise<readonly Place[]> => {
  const prefix = model === undefined ? 'models/' : `models/${model}/manifests/`;
  const found: Place[] = [];
  for (let startAfter: string | undefined; ;) {
    const keys = await store.listDocuments(prefix, {
      limit: PAGE,
      ...(startAfter === undefined ? {} : { startAfter }),
    });
    for (const key of keys) {
      const [, name, hex] = /^models\/([^/]+)\/manifests\/([0-9a-f]{64})\.json$/.exec(key) ?? [];
      if (name !== undefined && hex !== undefined) found.push({ model: name, digest: `sha256:${hex}` });
    }
    if (keys.length < PAGE) return found;
    startAfter = keys.at(-1);
  }
};

const choose = (places: readonly Place[], named: string): Place => {
  const digits = named.replace(/^sha256:/, '');
  if (!/^[0-9a-f]+$/.test(digits) || digits.length < LEAST_DIGITS)
    throw new SlipwayError(
      'usage',
      `${named} is neither a digest, nor the first ${LEAST_DIGITS} digits of one, nor a folder with a manifest.json`,
    );
  const found = new Map(
    places.filter(({ digest }) => digest.startsWith(`sha256:${digits}`)).map((place) => [place.digest, place]),
  );
  const [first, second] = [...found.values()];
  if (first === undefined) throw new SlipwayError('artifact_unknown', `no artifact begins with ${digits}`);
  if (second !== undefined)
    throw new SlipwayError('usage', `${digits} begins more than one artifact: ${[...found.keys()].join(', ')}`);
  return first;
};

/** Of one release, so that they belong together: the one that stands for the artifact. */
const attestations = async (
  store: BlobStore,
  { model, digest }: Place,
): Promise<Readonly<Record<string, DsseEnvelope>>> => {
  const [standing] = await releaseAttestations(store, model, digest);
  const named = Object.entries(standing?.documents ?? {}).map(
    ([name, body]) => [name, parse(body, `the attestation ${name}`) as DsseEnvelope] as const,
  );
  return Object.fromEntries(named);
};

const parse = (body: Uint8Array, name: string): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch (cause) {
    throw new SlipwayError('digest_mismatch', `${name} is not JSON`, {}, { cause });
  }
};
