import { randomBytes } from 'node:crypto';
import { addCounts, NO_COUNTS, type FeatureCounts } from '../../domain/inference/featureCounts.js';
import type { BlobStore } from '../../ports/blobStore.js';
import { hourFolder } from './hourFolder.js';

export interface CountsTarget {
  readonly store: Pick<BlobStore, 'createDocument'>;
  readonly model: string;
  readonly environment: string;
  /** 64 hex digits of the artifact digest: whose bins these are. */
  readonly version: string;
  /** What was counted since it was asked last. */
  readonly take: () => FeatureCounts;
}

export interface CountsLog {
  /** Writes what is there; resolves also where the store does not take it, or is silent for `withinMs`. */
  close(withinMs: number): Promise<void>;
}

interface Document {
  readonly key: string;
  readonly body: Uint8Array;
}

/**
 * Counts of this server as small documents, each about the time since the one before. While the store does not take one, it is
 * offered again, and later counts add up for the next: a store that is away costs nothing but time, and nothing is counted twice.
 */
export const createCountsLog = (target: CountsTarget, everyMs: number): CountsLog => {
  const boot = randomBytes(6).toString('hex');
  let since = Date.now();
  let written = 0;
  let gathered = NO_COUNTS;
  let offered: Document | undefined;
  let flushing: Promise<void> | undefined;

  const next = (): Document | undefined => {
    if (offered !== undefined || gathered.rows === 0) return offered;
    const until = Date.now();
    const counts = { version: target.version, since, until, ...gathered };
    const folder = hourFolder('counts', target.model, target.environment, since);
    written += 1;
    since = until;
    gathered = NO_COUNTS;
    const key = `${folder}/${String(counts.since).padStart(13, '0')}-${boot}-${written}.json`;
    return { key, body: new TextEncoder().encode(JSON.stringify(counts)) };
  };
  const flush = async (): Promise<void> => {
    gathered = addCounts(gathered, target.take());
    for (let document = next(); document !== undefined; document = next()) {
      offered = document;
      await target.store.createDocument(document.key, document.body);
      offered = undefined;
    }
  };
  const tryFlush = (): Promise<void> =>
    (flushing ??= flush()
      .catch(() => undefined)
      .finally(() => {
        flushing = undefined;
      }));
  const timer = setInterval(() => void tryFlush(), everyMs);
  timer.unref();
  return {
    close: async (withinMs) => {
      clearInterval(timer);
      let limit: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        limit = setTimeout(resolve, withinMs);
      });
      // One that is on its way began before the last rows.
      await Promise.race([tryFlush().then(tryFlush), late]);
      clearTimeout(limit);
    },
  };
};
