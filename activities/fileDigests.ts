import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Digest } from '../src/domain/artifact/types.js';
import { pathMatcher } from '../src/domain/build/matchPath.js';
import type { FileDigests } from '../src/domain/build/types.js';
import { inParallel } from './inParallel.js';

const AT_ONCE = 16;

/** Every file and link below a folder, in the order of their paths. */
export const listTree = async (
  directory: string,
): Promise<readonly { readonly path: string; readonly link: boolean }[]> => {
  const items = await readdir(directory, { recursive: true, withFileTypes: true });
  return items
    .filter((item) => item.isFile() || item.isSymbolicLink())
    .map((item) => ({
      link: item.isSymbolicLink(),
      path: relative(directory, join(item.parentPath, item.name)).split(sep).join('/'),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
};

/** Digests of the files of a checkout that match one of the patterns; of all where there are none. A link is its target. */
export const digestTree = async (directory: string, patterns: readonly string[] | undefined): Promise<FileDigests> => {
  const named = pathMatcher(patterns ?? []);
  const wanted = (await listTree(directory)).filter(({ path }) => patterns === undefined || named(path));
  const found = await inParallel(wanted, AT_ONCE, async ({ path, link }): Promise<[string, Digest]> => {
    const file = join(directory, path);
    return [path, link ? await digestLink(file) : await digestFile(file)];
  });
  return Object.fromEntries(found);
};

export const digestLink = async (path: string): Promise<Digest> =>
  hexOf(createHash('sha256').update(`link ${await readlink(path)}`));

export const digestFile = async (path: string): Promise<Digest> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hexOf(hash);
};

const hexOf = (hash: ReturnType<typeof createHash>): Digest => `sha256:${hash.digest('hex')}`;
