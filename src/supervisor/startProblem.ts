import { statfs } from 'node:fs/promises';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { ErrorCode } from '../domain/errors/table.js';

/** Less than this is no room: servers write that much before they say a word. */
const ROOM_BYTES = 1024 * 1024;

/** Servers that somebody else runs: which one does not answer, and where that address was said. */
export const mustAnswer = async (code: ErrorCode, said: string, ready: Promise<void>): Promise<void> => {
  try {
    await ready;
  } catch (error) {
    throw new SlipwayError(code, `${reasonOf(error)} (${said})`, {}, { cause: error });
  }
};

/**
 * What kept an installation from starting. Servers fail on a full disk in words of their own, or in none: where the
 * disk of the home has no room it is that.
 */
export const startProblem = async (home: string, error: unknown): Promise<unknown> => {
  const full = (error as NodeJS.ErrnoException).code === 'ENOSPC' || ((await freeBytes(home)) ?? Infinity) < ROOM_BYTES;
  if (!full) return error;
  return new SlipwayError('disk_full', `the disk of ${home} has no room: ${reasonOf(error)}`, {}, { cause: error });
};

const freeBytes = async (folder: string): Promise<number | undefined> => {
  const found = await statfs(folder).catch(() => undefined);
  return found === undefined ? undefined : found.bavail * found.bsize;
};

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const [first = ''] = error.message.split('\n');
  return error.cause instanceof Error ? `${first}: ${error.cause.message.split('\n')[0]}` : first;
};
