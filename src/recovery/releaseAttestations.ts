import {
  attestationFolder,
  attestationOfKey,
  byStanding,
  toldBy,
  type AttestingRelease,
} from '../domain/artifact/attestationKeys.js';
import type { Digest } from '../domain/artifact/types.js';
import type { BlobStore } from '../ports/blobStore.js';

export type AttestationDocuments = Pick<BlobStore, 'getDocument' | 'listDocuments'>;

export interface ReleaseAttestations extends AttestingRelease {
  /** Bodies by name, as they are stored. */
  readonly documents: Readonly<Record<string, Uint8Array>>;
}

const PAGE = 1_000;

/**
 * What every release that made an artifact attested of it, first the release whose word stands. How a release ended is
 * read from the store, and shown, not believed: what counts is the signature on each document.
 */
export const releaseAttestations = async (
  store: AttestationDocuments,
  model: string,
  artifact: Digest,
): Promise<readonly ReleaseAttestations[]> => {
  const folder = attestationFolder(model, artifact);
  const shared: Record<string, Uint8Array> = {};
  const found = new Map<string, Record<string, Uint8Array>>();
  for (const { key, release, name } of (await allKeys(store, folder)).flatMap(
    (one) => attestationOfKey(folder, one) ?? [],
  )) {
    const body = await store.getDocument(key);
    if (body === undefined) continue;
    const own = release === undefined ? shared : (found.get(release) ?? {});
    own[name] = body;
    if (release !== undefined) found.set(release, own);
  }
  if (Object.keys(shared).length > 0) {
    // Artifacts of earlier times: one place for all releases, of which the provenance names one.
    const release = toldBy(invocationOf(shared['provenance']) ?? '');
    found.set(release, { ...shared, ...found.get(release) });
  }
  const releases: ReleaseAttestations[] = [];
  for (const [release, documents] of found)
    releases.push({
      releaseId: release === '' ? '' : `release/${model}/${release}`,
      documents,
      ...(await endOf(store, model, release)),
    });
  return byStanding(releases);
};

const allKeys = async (store: AttestationDocuments, prefix: string): Promise<readonly string[]> => {
  const found: string[] = [];
  for (let startAfter: string | undefined; ; startAfter = found.at(-1)) {
    const page = await store.listDocuments(prefix, {
      limit: PAGE,
      ...(startAfter === undefined ? {} : { startAfter }),
    });
    found.push(...page);
    if (page.length < PAGE) return found;
  }
};

const endOf = async (
  store: AttestationDocuments,
  model: string,
  release: string,
): Promise<Omit<AttestingRelease, 'releaseId'>> => {
  const body = release === '' ? undefined : await store.getDocument(`releases/${model}/${release}/release.json`);
  const { outcome, endedAt } = (parsed(body) ?? {}) as { outcome?: unknown; endedAt?: unknown };
  return {
    ...(typeof outcome === 'string' ? { outcome } : {}),
    ...(typeof endedAt === 'number' ? { endedAt } : {}),
  };
};

const invocationOf = (provenance: Uint8Array | undefined): string | undefined => {
  const { payload } = (parsed(provenance) ?? {}) as { payload?: unknown };
  const statement = typeof payload === 'string' ? parsed(Buffer.from(payload, 'base64')) : undefined;
  const { predicate } = (statement ?? {}) as {
    predicate?: { runDetails?: { metadata?: { invocationId?: unknown } } } | null;
  };
  const named = predicate?.runDetails?.metadata?.invocationId;
  return typeof named === 'string' ? named : undefined;
};

/** Whoever can write to the store may have left anything there. */
export const parsed = (body: Uint8Array | undefined): unknown => {
  try {
    return body === undefined ? undefined : JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
};
