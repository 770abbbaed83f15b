import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { SourceControl } from '../../ports/sourceControl.js';
import { writeTree } from './checkout.js';
import { authorsBetween, describeCommit, findBranch, findCommit, hasFile } from './history.js';
import { openMirror, type Mirror } from './mirror.js';
import { writeStatus } from './statusFiles.js';

export interface GitSourceControlOptions {
  /** By name, as the operator configured them. */
  readonly repositories: Readonly<Record<string, { readonly url: string; readonly branch: string }>>;
  /** Folders below which a repository may be a path of this machine. */
  readonly sourceRoots: readonly string[];
  /** Mirrors; may be deleted at any time. */
  readonly cacheDirectory: string;
  /** PATH, where git is looked for. */
  readonly path: string;
  /** Where statuses are written; beside the repository (`<path>.slipway/status`) unless told. */
  readonly statusDirectory?: string;
}

/** Repositories over the system's git, through bare mirrors on this machine. */
export const createGitSourceControl = (options: GitSourceControlOptions): SourceControl => {
  const repositoryOf = (name: string): { readonly url: string; readonly branch: string } => {
    const found = Object.hasOwn(options.repositories, name) ? options.repositories[name] : undefined;
    if (found === undefined) throw new SlipwayError('unknown_model', `no repository ${name} is configured`);
    return found;
  };
  const mirrorOf = (name: string): Promise<Mirror> => openMirror({ ...options, url: repositoryOf(name).url });

  /** Mirror and full hash; asks the repository only where the mirror does not have the commit yet, or not whole. */
  const withCommit = async (
    name: string,
    commit: string,
  ): Promise<{ readonly mirror: Mirror; readonly hash: string }> => {
    const mirror = await mirrorOf(name);
    // A mirror that cannot be read, or is not there yet, is what a fetch mends.
    const known = await findCommit(mirror.git, commit).catch((error: unknown) => {
      if (error instanceof SlipwayError && error.code === 'repository_unreachable') return undefined;
      throw error;
    });
    if (known !== undefined && !(await mirror.isDoubted())) return { mirror, hash: known };
    await mirror.fetch();
    const hash = await findCommit(mirror.git, commit);
    if (hash === undefined) throw new SlipwayError('unknown_commit', `${name} has no commit ${commit}`, { commit });
    return { mirror, hash };
  };

  return {
    head: async (name) => {
      const { branch } = repositoryOf(name);
      const mirror = await mirrorOf(name);
      await mirror.fetch();
      const hash = await findBranch(mirror.git, branch);
      if (hash === undefined)
        throw new SlipwayError('unknown_commit', `${name} has no branch ${branch}, or it is empty`);
      return describeCommit(mirror.git, hash);
    },
    describe: async (name, commit) => {
      const { mirror, hash } = await withCommit(name, commit);
      return describeCommit(mirror.git, hash);
    },
    has: async (name, commit, path) => {
      const { mirror, hash } = await withCommit(name, commit);
      return hasFile(mirror.git, hash, path);
    },
    authorsBetween: async (name, from, to) => {
      const { mirror, hash } = await withCommit(name, to);
      // A start that the history lost (somebody rewrote it) excludes nothing: then all authors count.
      const start = from === undefined ? undefined : await findCommit(mirror.git, from);
      return authorsBetween(mirror.git, start, hash);
    },
    checkout: async (name, commit, directory) => {
      const { mirror, hash } = await withCommit(name, commit);
      await mkdir(directory, { recursive: true });
      if ((await readdir(directory)).length > 0) throw new SlipwayError('internal', `${directory} is not empty`);
      await writeTree(mirror.git, hash, directory);
    },
    setStatus: async (name, commit, status) => {
      const { mirror, hash } = await withCommit(name, commit);
      await writeStatus(statusDirectoryOf(options, name, mirror), hash, status);
    },
  };
};

const statusDirectoryOf = (options: GitSourceControlOptions, name: string, { address }: Mirror): string => {
  if (options.statusDirectory !== undefined) return join(options.statusDirectory, name);
  return address.kind === 'local'
    ? join(`${address.path}.slipway`, 'status')
    : join(options.cacheDirectory, 'status', name);
};
