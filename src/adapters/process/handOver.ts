import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StepCommand } from '../../ports/stepRunner.js';

export interface Handed {
  readonly env: Readonly<Record<string, string>>;
  /** For the child, from the first descriptor on. */
  readonly descriptors: readonly number[];
  /** When the child has its own copies. */
  close(): Promise<void>;
}

/** In memory where the machine has such a folder. */
const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/**
 * Secrets as open files without a name: no environment holds them (others can read that), no path leads to them for
 * anybody but the child, and they are gone with its last process.
 */
export const handOver = async (secrets: NonNullable<StepCommand['secrets']>, first: number): Promise<Handed> => {
  const files: FileHandle[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(files.map((file) => file.close()));
  };
  try {
    for (const { value } of secrets) files.push(await nameless(value));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    env: Object.fromEntries(secrets.map(({ variable }, index) => [variable, `/dev/fd/${first + index}`])),
    descriptors: files.map(({ fd }) => fd),
    close,
  };
};

const nameless = async (value: string): Promise<FileHandle> => {
  const path = join(FOLDER, `slipway-${randomUUID()}`);
  const writing = await open(path, 'wx', 0o600);
  try {
    await writing.writeFile(value);
    return await open(path, 'r');
  } finally {
    await rm(path, { force: true });
    await writing.close();
  }
};
