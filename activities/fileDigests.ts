import { createHash } from 'node:crypto';
import { closeSync, constants, createReadStream, openSync, readSync } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Digest } from '../src/domain/artifact/types.js';
import { pathMatcher } from '../src/domain/build/matchPath.js';
import type { FileDigests } from '../src/domain/build/types.js';
import { isUnreadable, type GuardedFolder, type Held, type Listed } from './guardedFolder.js';
import { inParallel } from './inParallel.js';
import { holdFile } from './writtenFile.js';

const AT_ONCE = 16;
const SMALL_BYTES = 64 * 1024;

export interface Digested {
  readonly digest: Digest;
  readonly info: Held['info'];
}

/** Digests of the files of a checkout that match one of the patterns; of all where there are none. A link is its target. */
export const digestTree = async (
  files: GuardedFolder,
  patterns: readonly string[] | undefined,
): Promise<FileDigests> => {
  const named = pathMatcher(patterns ?? []);
  const wanted = (await files.list()).filter(({ path }) => patterns === undefined || named(path));
  const found = await inParallel(wanted, AT_ONCE, async (one): Promise<readonly [string, Digest][]> => {
    const digested = await digestListed(files, one);
    return digested === undefined ? [] : [[one.path, digested.digest]];
  });
  return Object.fromEntries(found.flat());
};

/** Undefined where it has gone meanwhile, or is something else. */
export const digestListed = async (files: GuardedFolder, { path, link }: Listed): Promise<Digested | undefined> => {
  const found = link
    ? await files.hold(dirname(path), ({ file }) => digestLink(join(file, basename(path))))
    : await holdFile(files, path, async (held) => ({ digest: await digestHeld(held), info: held.info }));
  return isUnreadable(found) ? undefined : found;
};

const digestLink = async (file: string): Promise<Digested> => ({
  info: await lstat(file, { bigint: true }),
  digest: hexOf(createHash('sha256').update(`link ${await readlink(file)}`)),
});

/** Small files at once: to hand each read to another thread takes ten times as long, and a build has very many. */
const digestHeld = async ({ file, info }: Held): Promise<Digest> => {
  if (info.size > SMALL_BYTES) return digestFile(file);
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const bytes = Buffer.alloc(Number(info.size));
    return hexOf(createHash('sha256').update(bytes.subarray(0, readSync(descriptor, bytes))));
  } finally {
    closeSync(descriptor);
  }
};

export const digestFile = async (path: string): Promise<Digest> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hexOf(hash);
};

const hexOf = (hash: ReturnType<typeof createHash>): Digest => `sha256:${hash.digest('hex')}`;
