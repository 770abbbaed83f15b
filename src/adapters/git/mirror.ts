import { createHash } from 'node:crypto';
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { withFileLock } from './fileLock.js';
import { createGit, type Git } from './gitCommand.js';
import { parseAddress, type RepositoryAddress } from './repositoryAddress.js';

/** A bare copy of one repository's branches on this machine: a cache, which may be deleted at any time. */
export interface Mirror {
  readonly address: RepositoryAddress;
  /** git, in the mirror. Where it says that the mirror is not whole, the mirror is doubted. */
  readonly git: Git;
  /** Something in it was found damaged: the next fetch makes it anew. */
  isDoubted(): Promise<boolean>;
  /** Brings it up to date. `repository_unreachable` where the repository does not answer. */
  fetch(): Promise<void>;
}

export interface MirrorOptions {
  readonly url: string;
  readonly sourceRoots: readonly string[];
  readonly cacheDirectory: string;
  /** PATH, where git and ssh are looked for. */
  readonly path: string;
}

/** What git says when a mirror is not whole, for instance after a fetch that was killed. */
const BROKEN =
  /corrupt|bad object|not a git repository|unable to (read|create)|cannot lock ref|missing (blob|tree|commit)|loose object/i;

export const openMirror = async ({ url, sourceRoots, cacheDirectory, path }: MirrorOptions): Promise<Mirror> => {
  const address = await parseAddress(url, sourceRoots);
  const remote = address.kind === 'local' ? address.path : address.url;
  const root = join(cacheDirectory, createHash('sha256').update(remote).digest('hex').slice(0, 32));
  const directory = join(root, 'mirror.git');
  await mkdir(root, { recursive: true, mode: 0o700 });
  await writeFile(join(root, 'gitconfig'), settingsFor(address));
  const base = createGit({
    env: {
      PATH: path,
      HOME: root,
      GIT_CONFIG_GLOBAL: join(root, 'gitconfig'),
      GIT_ALLOW_PROTOCOL: address.kind === 'local' ? 'file' : address.kind,
    },
  });
  const doubt = join(root, 'doubted');
  const git: Git = async (args, options) => {
    const result = await base([`--git-dir=${directory}`, ...args], options);
    if (result.code !== 0 && BROKEN.test(result.stderr)) await writeFile(doubt, '');
    return result;
  };

  const update = async (): Promise<string | undefined> => {
    if (!(await exists(join(directory, 'HEAD')))) {
      const made = await base(['init', '--bare', '--quiet', '--', directory]);
      if (made.code !== 0) return made.stderr;
    }
    const fetched = await git([
      'fetch',
      ...['--quiet', '--prune', '--no-tags', '--force', '--no-recurse-submodules', '--no-write-fetch-head'],
      ...['--', remote, '+refs/heads/*:refs/heads/*'],
    ]);
    return fetched.code === 0 ? undefined : fetched.stderr;
  };

  return {
    address,
    git,
    isDoubted: () => exists(doubt),
    fetch: () =>
      withFileLock(join(root, 'lock'), async (previousDied) => {
        // Whoever died while holding the lock may have left half a fetch behind.
        if (previousDied || (await exists(doubt))) await rm(directory, { recursive: true, force: true });
        await rm(doubt, { force: true });
        let problem = await update();
        if (problem !== undefined && BROKEN.test(problem)) {
          await rm(directory, { recursive: true, force: true });
          await rm(doubt, { force: true });
          problem = await update();
        }
        if (problem !== undefined) {
          throw new SlipwayError('repository_unreachable', `the repository cannot be read: ${firstLine(problem)}`, {
            url,
          });
        }
      }),
  };
};

/** Git refuses the folder of another user unless it is named in a file of ours; the operator has named it. */
const settingsFor = (address: RepositoryAddress): string =>
  address.kind === 'local'
    ? ['', '/.git'].map((inner) => `[safe]\n\tdirectory = ${JSON.stringify(address.path + inner)}\n`).join('')
    : '';

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const firstLine = (text: string): string => text.split('\n').find((line) => line.trim() !== '') ?? 'git said nothing';
