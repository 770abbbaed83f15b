import { setTimeout as delay } from 'node:timers/promises';
import {
  checkpointKey,
  checkpointPrefix,
  pieceKey,
  tooMuch,
  type SavedCheckpoint,
  type SavedFile,
} from '../src/domain/build/checkpoint.js';
import type { Digest } from '../src/domain/artifact/types.js';
import type { BlobStore } from '../src/ports/blobStore.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import {
  digestOfBytes,
  listFolder,
  makeFolder,
  placePieces,
  readPieces,
  Unsavable,
  type FolderFile,
} from './checkpointFolder.js';
import { encodeJson, readDocument } from './documents.js';
import type { GuardedFolder } from './guardedFolder.js';

export interface CheckpointOf {
  readonly store: BlobStore;
  readonly releaseId: string;
  readonly step: string;
  readonly key: Digest;
  readonly files: GuardedFolder;
  /** Where the step writes it. */
  readonly folder: string;
  readonly note: (line: string) => void;
  /** Whether all that the step reads is still what its key says. */
  readonly asSaid: () => Promise<boolean>;
  readonly everyMs?: number;
}

/** What a step keeps for its own next attempt, in the store: the worker may die, and another one go on. */
export interface StepCheckpoint {
  /** Makes the folder, with what the last attempt left. False where this one starts clean. */
  begin(): Promise<boolean>;
  /** Saves the folder again and again beside the work, and when it ended without success. */
  during<T>(work: () => Promise<T>, succeeded: (result: T) => boolean): Promise<T>;
  /** False where something that it holds was made when the step did not read what its key says. */
  readonly sound: boolean;
  /** The step has succeeded: nobody goes on from here. */
  drop(): Promise<void>;
}

const EVERY_MS = 30_000;
/** Saving takes at most this part of the time. */
const SHARE = 1 / 20;
const TRIES = 3;
/** More than pieces can be: those of the largest folder, of one before it, and of attempts that died between. */
const MOST_KEYS = 20_000;

export const openStepCheckpoint = (of: CheckpointOf): StepCheckpoint => {
  const { store, files: checkout, folder, step } = of;
  const prefix = checkpointPrefix(of.releaseId, step);
  let sound = true;
  /** Pieces that the store has. */
  let stored = new Set<string>();
  let lastMarks = '';
  let told = '';

  const note = (text: string): void => {
    if (text !== told) of.note(`${step}: ${text}`);
    told = text;
  };
  const forget = async (keep: ReadonlySet<string> = new Set()): Promise<void> => {
    for (const key of await store.listDocuments(prefix, { limit: MOST_KEYS }))
      if (key !== checkpointKey(prefix) && !keep.has(key)) await store.deleteDocument(key);
    stored = new Set(keep);
  };
  const drop = async (): Promise<void> => {
    // First, so that nothing names what is deleted after it.
    await store.deleteDocument(checkpointKey(prefix));
    await forget();
  };

  const storeFile = async (file: FolderFile): Promise<SavedFile> => {
    const pieces: Digest[] = [];
    await readPieces(checkout, folder, file, async (digest, bytes) => {
      const key = pieceKey(prefix, digest);
      if (!stored.has(key)) await store.putDocument(key, bytes);
      stored.add(key);
      pieces.push(digest);
    });
    const { path, size, executable } = file;
    return { path, size, pieces, ...(executable ? { executable } : {}) };
  };
  const saveOnce = async (): Promise<'saved' | 'moved'> => {
    const before = await listFolder(checkout, folder);
    const marks = marksOf(before);
    // An empty folder is nothing to go on from: what was saved before it stays.
    if (marks === lastMarks || before.length === 0) return 'saved';
    const reason = tooMuch(
      before.length,
      before.reduce((sum, { size }) => sum + size, 0),
    );
    if (reason !== undefined) throw new Unsavable(reason);
    const files: SavedFile[] = [];
    for (const file of before) files.push(await storeFile(file));
    if (marksOf(await listFolder(checkout, folder)) !== marks) return 'moved';
    sound &&= await of.asSaid();
    const saved: SavedCheckpoint = { key: of.key, sound, files };
    await store.putDocument(checkpointKey(prefix), encodeJson(saved), 'application/json');
    await forget(new Set(files.flatMap(({ pieces }) => pieces.map((piece) => pieceKey(prefix, piece)))));
    lastMarks = marks;
    return 'saved';
  };
  /** A step never fails because its checkpoint cannot be saved: it only has less to go on from. */
  const save = async (): Promise<void> => {
    try {
      for (let attempt = 1; attempt <= TRIES; attempt += 1) if ((await saveOnce()) === 'saved') return;
      note(`its checkpoint is not saved while ${folder} changes`);
    } catch (error) {
      note(`its checkpoint is not saved: ${error instanceof Error ? error.message : String(error)}`);
    }
  };

  const restore = async ({ files }: SavedCheckpoint): Promise<void> => {
    const bytesOf = async function* ({ pieces }: SavedFile): AsyncGenerator<Uint8Array> {
      for (const piece of pieces) {
        const bytes = await store.getDocument(pieceKey(prefix, piece));
        if (bytes === undefined || digestOfBytes(bytes) !== piece)
          throw new SlipwayError('digest_mismatch', `a piece of the checkpoint of ${step} is lost or damaged`);
        yield bytes;
      }
    };
    for (const file of files)
      await placePieces(checkout, `${folder}/${file.path}`, file.executable === true, bytesOf(file));
    stored = new Set(files.flatMap(({ pieces }) => pieces.map((piece) => pieceKey(prefix, piece))));
  };

  return {
    get sound() {
      return sound;
    },
    begin: async () => {
      lastMarks = '';
      await makeFolder(checkout, folder);
      try {
        const saved = await readDocument<SavedCheckpoint>(store, checkpointKey(prefix));
        if (saved?.key === of.key && saved.files.length > 0) {
          await restore(saved);
          sound = saved.sound;
          lastMarks = marksOf(await listFolder(checkout, folder));
          note(
            `goes on from its checkpoint: ${saved.files.length} ${saved.files.length === 1 ? 'file' : 'files'} in ${folder}`,
          );
          return true;
        }
        if (saved !== undefined) await drop();
      } catch (error) {
        if (!(error instanceof SlipwayError && error.code === 'digest_mismatch')) throw error;
        note(`starts clean: ${error.message}`);
        await drop();
        await makeFolder(checkout, folder);
      }
      sound = true;
      return false;
    },
    during: async (work, succeeded) => {
      const ending = new AbortController();
      const saving = again(save, of.everyMs ?? EVERY_MS, ending.signal);
      let passed = false;
      try {
        const result = await work();
        passed = succeeded(result);
        return result;
      } finally {
        ending.abort();
        await saving;
        if (!passed) await save();
      }
    },
    drop,
  };
};

const marksOf = (files: readonly FolderFile[]): string =>
  files.map(({ path, mark }) => `${JSON.stringify(path)} ${mark}`).join('\n');

const again = async (save: () => Promise<void>, everyMs: number, signal: AbortSignal): Promise<void> => {
  for (let pause = everyMs; ;) {
    await delay(pause, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const began = performance.now();
    await save();
    pause = Math.max(everyMs, (performance.now() - began) / SHARE);
  }
};
