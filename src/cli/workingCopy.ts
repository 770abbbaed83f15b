import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../domain/artifact/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';

const AT_ONCE = 16;

/** Digests of what a commit of everything in a working copy would hold: tracked and new files, without ignored ones. */
export const digestWorkingCopy = async (directory: string): Promise<Readonly<Record<string, Digest>>> => {
  const listed = await git(directory, [
    'ls-files',
    '-z',
    '--cached',
    '--others',
    '--exclude-standard',
    '--deduplicate',
  ]);
  if (listed === undefined) throw new SlipwayError('usage', `${directory} is no working copy of a Git repository`);
  const paths = listed.split('\0').filter((path) => path !== '');
  const found: [string, Digest][] = [];
  for (let at = 0; at < paths.length; at += AT_ONCE) {
    const some = await Promise.all(paths.slice(at, at + AT_ONCE).map((path) => digestOf(directory, path)));
    found.push(...some.flat());
  }
  return Object.fromEntries(found);
};

/** Text of a file of a working copy; undefined where it is not there. */
export const readInCopy =
  (directory: string) =>
  (path: string): string | undefined => {
    try {
      return readFileSync(join(directory, path), 'utf8');
    } catch {
      return undefined;
    }
  };

/** Who would be the author of a commit here. */
export const authorOf = async (directory: string): Promise<string | undefined> => {
  const email = (await git(directory, ['config', '--get', 'user.email']))?.trim();
  return email === undefined || email === '' ? undefined : email;
};

/** Addresses of author and committer of the newest commit of a branch. */
export const writersOf = async (directory: string, branch: string): Promise<readonly string[]> =>
  linesOf(await git(directory, ['log', '--max-count=1', '--format=%ae%n%ce', `refs/heads/${branch}`, '--']));

/** Undefined where a commit is checked out that no branch stands for. */
export const checkedOutBranch = async (directory: string): Promise<string | undefined> =>
  linesOf(await git(directory, ['symbolic-ref', '--quiet', '--short', 'HEAD']))[0];

/** Branches that have a commit. */
export const branchesOf = async (directory: string): Promise<readonly string[]> =>
  linesOf(await git(directory, ['for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads']));

const linesOf = (output: string | undefined): readonly string[] =>
  (output ?? '').split('\n').filter((line) => line !== '');

/** Nothing of what is deleted but not yet committed, and of submodules. */
const digestOf = async (directory: string, path: string): Promise<readonly [string, Digest][]> => {
  const file = join(directory, path);
  const info = await lstat(file).catch(() => undefined);
  const hash = createHash('sha256');
  if (info?.isSymbolicLink() === true) hash.update(`link ${await readlink(file)}`);
  else if (info?.isFile() === true) for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  else return [];
  return [[path, `sha256:${hash.digest('hex')}`]];
};

const git = (directory: string, args: readonly string[]): Promise<string | undefined> =>
  new Promise((resolve) => {
    execFile('git', args, { cwd: directory, maxBuffer: 256 * 1024 * 1024 }, (error, stdout) =>
      resolve(error === null ? stdout : undefined),
    );
  });
