import { interruptedRelease, type InterruptedEntry } from '../domain/release/interruptedRelease.js';
import { endedEntry } from '../domain/release/endedEntry.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { ReleaseView } from '../domain/release/types.js';
import type { BlobStore } from '../ports/blobStore.js';
import type { Ledger, LedgerEntry } from '../ports/ledger.js';
import type { LedgerArchive } from '../ports/ledgerArchive.js';
import type { SourceControl } from '../ports/sourceControl.js';
import { documentOf } from './documents.js';
import { specOf } from './specOf.js';

export interface ReleasePorts {
  readonly store: BlobStore;
  readonly ledger: Ledger & Pick<LedgerArchive, 'streams'>;
  readonly source: Pick<SourceControl, 'describe'>;
}

/** Releases that had begun and of which no end is in the store; with how they are to be ended now. */
export const interruptedReleases = async (
  ports: ReleasePorts,
  model: string,
  deployments: readonly LedgerEntry[],
  now: number,
): Promise<readonly ReleaseView[]> => {
  const found: ReleaseView[] = [];
  for (const releaseId of await ports.ledger.streams(`ledger/release/${model}/`)) {
    if ((await ports.store.getDocument(`${folderOf(releaseId)}/release.json`)) !== undefined) continue;
    const view = await interrupted(ports, releaseId, deployments, now);
    if (view !== undefined) found.push(view);
  }
  return found;
};

/** A release that a poll had started, and that had not come as far as its first entry. */
export const unbegunRelease = async (ports: ReleasePorts, model: string): Promise<string | undefined> => {
  const seen = await documentOf<{ releaseId: string }>(ports.store, `pointers/source/${model}.json`);
  if (seen === undefined || (await ports.ledger.read(seen.releaseId)).length > 0) return undefined;
  const ended = await ports.store.getDocument(`${folderOf(seen.releaseId)}/release.json`);
  return ended === undefined ? seen.releaseId : undefined;
};

/** Ledger first, then the view that readers and `release resume` look at; both once. */
export const endInterrupted = async (
  { ledger, store }: Pick<ReleasePorts, 'ledger' | 'store'>,
  view: ReleaseView,
): Promise<void> => {
  const { entryId, kind, at, body } = endedEntry(view, Date.now());
  // Cut off after this line it ends here again, and may see less of its spec than before: what was written stands.
  const before = (await ledger.read(view.releaseId)).find((entry) => entry.entryId === entryId && entry.kind === kind);
  const written = before ?? (await ledger.append(view.releaseId, entryId, kind, at, body));
  const ended = { ...view, endedAt: written.at };
  await store.createDocument(
    `${folderOf(view.releaseId)}/release.json`,
    new TextEncoder().encode(JSON.stringify(ended)),
  );
};

const interrupted = async (
  ports: ReleasePorts,
  releaseId: string,
  deployments: readonly LedgerEntry[],
  now: number,
): Promise<ReleaseView | undefined> => {
  const own = await ports.ledger.read(releaseId);
  const mine = deployments.filter(({ body }) => versionIn(body)?.releaseId === releaseId);
  const entries: readonly InterruptedEntry[] = [...own, ...mine].sort((a, b) => a.at - b.at);
  const started = own.find(({ kind }) => kind === 'release.started')?.body;
  if (started === undefined) return undefined;
  return interruptedRelease({
    releaseId,
    entries,
    order: typeof started['order'] === 'number' ? started['order'] : await orOtherwise(0, orderOf(ports, started)),
    environments: (await orOtherwise(undefined, specOf(ports.store, own)))?.environments ?? [],
    resumed: await timesToldAside(ports, releaseId),
    now,
  });
};

/** A Git host that is away, or one damaged document, must not keep an installation from being recovered. */
const orOtherwise = async <T>(otherwise: T, asked: Promise<T>): Promise<T> => {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof SlipwayError && error.code !== 'store_unreachable') return otherwise;
    throw error;
  }
};

const orderOf = async ({ source }: ReleasePorts, started: LedgerEntry['body']): Promise<number> =>
  (await source.describe(String(started['repository']), String(started['commit']))).order;

/** What earlier tellings left is in folders `told.<n>`. */
const timesToldAside = async ({ store }: ReleasePorts, releaseId: string): Promise<number> => {
  const prefix = `${folderOf(releaseId)}/told.`;
  const keys = await store.listDocuments(prefix);
  return Math.max(0, ...keys.map((key) => Number.parseInt(key.slice(prefix.length), 10)));
};

const versionIn = (body: LedgerEntry['body']): { readonly releaseId?: unknown } | undefined =>
  body['version'] as { readonly releaseId?: unknown } | undefined;

const folderOf = (releaseId: string): string => `releases/${releaseId.replace(/^release\//, '')}`;
