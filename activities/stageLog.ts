import type { BlobStore } from '../src/ports/blobStore.js';
import { releaseKey } from './documents.js';

const FLUSH_BYTES = 64 * 1024;
const FLUSH_MS = 400;

/**
 * The log of one attempt of one stage, streamed to the store as numbered segments while the stage runs, so that
 * readers can follow it live and a dead worker loses less than half a second of it.
 */
export interface StageLog {
  write(chunk: Uint8Array): void;
  /** A line of ours between the output of commands. */
  note(line: string): void;
  end(summary: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Attempts of a release that was resumed do not take the names of those before it: each telling has up to so many. */
export const tellingAttempt = (
  attempt: number,
  resume: { readonly number: number } | undefined,
  attemptsPerTelling = 5,
): number => attempt + attemptsPerTelling * (resume?.number ?? 0);

export const openStageLog = (store: BlobStore, releaseId: string, stage: string, attempt: number): StageLog => {
  const prefix = `releases/${releaseKey(releaseId)}/logs/${stage}.${attempt}`;
  let pending: Uint8Array[] = [];
  let bytes = 0;
  let segment = 0;
  let chain: Promise<void> = Promise.resolve();
  let failed: Error | undefined;

  const flush = (): void => {
    if (bytes === 0) return;
    const body = Buffer.concat(pending);
    const key = `${prefix}/${String(segment++).padStart(8, '0')}.log`;
    pending = [];
    bytes = 0;
    chain = chain
      .then(() => store.putDocument(key, body, 'text/plain; charset=utf-8'))
      .catch((error: unknown) => {
        failed ??= error instanceof Error ? error : new Error(String(error));
      });
  };
  const timer = setInterval(flush, FLUSH_MS);
  timer.unref();

  const write = (chunk: Uint8Array): void => {
    pending.push(chunk);
    bytes += chunk.length;
    if (bytes >= FLUSH_BYTES) flush();
  };
  return {
    write,
    note: (line) => write(new TextEncoder().encode(`${line}\n`)),
    end: async (summary) => {
      clearInterval(timer);
      flush();
      await chain;
      if (failed !== undefined) throw failed;
      await store.putDocument(
        `${prefix}/end.json`,
        new TextEncoder().encode(JSON.stringify({ ...summary, segments: segment })),
        'application/json',
      );
    },
  };
};
