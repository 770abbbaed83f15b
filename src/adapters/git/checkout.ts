import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { Git, GitResult } from './gitCommand.js';
import { leavesTree } from './linkTargets.js';

const TIMEOUT_MS = 600_000;

/**
 * Writes the files of a commit into an empty directory, through an index of its own: exactly what was committed
 * (`git archive` would leave out and change files as .gitattributes tells it to), without `.git`, submodules or LFS.
 */
export const writeTree = async (git: Git, commit: string, directory: string): Promise<void> => {
  await refuseLinksOut(git, commit);
  // Beside the checkout: whoever clears away what a killed worker left finds it there.
  const index = `${resolve(directory)}.index-${randomUUID()}`;
  try {
    const env = { GIT_INDEX_FILE: index, GIT_WORK_TREE: directory };
    succeeded(await git(['read-tree', '--end-of-options', commit], { env }), commit);
    succeeded(await git(['checkout-index', '--all', '--force', '--quiet'], { env, timeoutMs: TIMEOUT_MS }), commit);
  } finally {
    await rm(index, { force: true });
    await rm(`${index}.lock`, { force: true });
  }
};

const LINK = '120000';

const refuseLinksOut = async (git: Git, commit: string): Promise<void> => {
  const tree = succeeded(await git(['ls-tree', '-r', '-z', '--full-tree', '--end-of-options', commit]), commit);
  const links = tree
    .toString('utf8')
    .split('\0')
    .flatMap((line) => {
      const entry = /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/s.exec(line);
      return entry?.[1] === LINK ? [{ object: entry[2] ?? '', path: entry[3] ?? '' }] : [];
    });
  for (const { object, path } of links) {
    const target = succeeded(await git(['cat-file', 'blob', object]), commit).toString('utf8');
    if (!leavesTree(path, target)) continue;
    throw new SlipwayError(
      'repository_refused',
      `${path} in ${commit.slice(0, 12)} is a link that may lead out of the checkout`,
      { path },
    );
  }
};

const succeeded = (result: GitResult, commit: string): Buffer => {
  if (result.code === 0) return result.stdout;
  const reason = result.stderr.trim().split('\n')[0] ?? '';
  if (/No space left/.test(result.stderr))
    throw new SlipwayError('disk_full', `checking out ${commit.slice(0, 12)}: ${reason}`);
  throw new SlipwayError('repository_unreachable', `checking out ${commit.slice(0, 12)}: ${reason}`, { commit });
};
