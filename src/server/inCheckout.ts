import { readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceControl } from '../ports/sourceControl.js';

const MAX_BYTES = 1024 * 1024;

/** Lays a commit down in a folder of its own, for as long as `work` looks at it. */
export const inCheckout = async <T>(
  source: SourceControl,
  repository: string,
  commit: string,
  work: (directory: string) => Promise<T>,
): Promise<T> => {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-source-'));
  try {
    await source.checkout(repository, commit, directory);
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
};

/** Text of a file of a checkout, which has no links that lead out of it; undefined where there is none, or too much. */
export const readFrom =
  (directory: string) =>
  (path: string): string | undefined => {
    try {
      const file = join(directory, path);
      const info = statSync(file);
      return info.isFile() && info.size <= MAX_BYTES ? readFileSync(file, 'utf8') : undefined;
    } catch {
      return undefined;
    }
  };
