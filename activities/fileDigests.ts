import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Digest } from '../src/domain/artifact/types.js';
import { matchesPath } from '../src/domain/build/matchPath.js';
import type { FileDigests } from '../src/domain/build/types.js';

const AT_ONCE = 16;

/** Digests of the files of a checkout that match one of the patterns; of all where there are none. A link is its target. */
export const digestTree = async (directory: string, patterns: readonly string[] | undefined): Promise<FileDigests> => {
  const items = await readdir(directory, { recursive: true, withFileTypes: true });
  const wanted = items
    .filter((item) => item.isFile() || item.isSymbolicLink())
    .map((item) => ({
      link: item.isSymbolicLink(),
      path: relative(directory, join(item.parentPath, item.name)).split(sep).join('/'),
    }))
    .filter(({ path }) => patterns === undefined || patterns.some((pattern) => matchesPath(pattern, path)))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const found: [string, Digest][] = [];
  for (let at = 0; at < wanted.length; at += AT_ONCE) {
    const some = wanted.slice(at, at + AT_ONCE);
    found.push(
      ...(await Promise.all(
        some.map(async ({ path, link }): Promise<[string, Digest]> => {
          const file = join(directory, path);
          return [
            path,
            link ? hexOf(createHash('sha256').update(`link ${await readlink(file)}`)) : await digestFile(file),
          ];
        }),
      )),
    );
  }
  return Object.fromEntries(found);
};

export const digestFile = async (path: string): Promise<Digest> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hexOf(hash);
};

const hexOf = (hash: ReturnType<typeof createHash>): Digest => `sha256:${hash.digest('hex')}`;
