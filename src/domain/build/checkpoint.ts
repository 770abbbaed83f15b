import type { Digest } from '../artifact/types.js';

/** What the folder `checkpoint` of a step held when it was saved: of one release and one key, and for its next attempt alone. */
export interface SavedCheckpoint {
  readonly key: Digest;
  /** Whenever it was saved, all that the step reads was what its key says. */
  readonly sound: boolean;
  /** Paths are relative to the folder. */
  readonly files: readonly SavedFile[];
}

export interface SavedFile {
  readonly path: string;
  readonly size: number;
  readonly executable?: boolean;
  readonly pieces: readonly Digest[];
}

/** A folder beyond this is not saved, and the log says so. */
export const MOST_FILES = 1_000;
export const MOST_BYTES = 4 * 1024 ** 3;

/**
 * Under the release itself, and nothing in it is shared with another one: no other release can have written what an attempt goes on
 * from, and what is no longer needed can be deleted.
 */
export const checkpointPrefix = (releaseId: string, step: string): string =>
  `step-checkpoints/${releaseId.replace(/^release\//, '')}/${step}/`;

export const checkpointKey = (prefix: string): string => `${prefix}index.json`;

export const pieceKey = (prefix: string, piece: Digest): string => `${prefix}${piece.slice('sha256:'.length)}`;

/** Why a folder of so much is not saved; undefined where it is. */
export const tooMuch = (files: number, bytes: number): string | undefined => {
  if (files > MOST_FILES) return `it holds ${files} files, and at most ${MOST_FILES} are saved`;
  if (bytes > MOST_BYTES) return `it holds ${bytes} bytes, and at most ${MOST_BYTES} are saved`;
  return undefined;
};
