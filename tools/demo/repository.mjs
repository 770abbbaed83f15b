// The model repository of the story: a plain Git repository made from the example, with commits by `author`.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';

export const AUTHOR = { name: 'author', email: 'author@example.com' };

const IDENTITY = {
  GIT_AUTHOR_NAME: AUTHOR.name,
  GIT_AUTHOR_EMAIL: AUTHOR.email,
  GIT_COMMITTER_NAME: AUTHOR.name,
  GIT_COMMITTER_EMAIL: AUTHOR.email,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
};

const git = (directory, ...words) =>
  execFileSync('git', words, {
    cwd: directory,
    encoding: 'utf8',
    env: { ...process.env, ...IDENTITY },
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();

/** An empty repository with a branch `main`. */
export const createRepository = (directory) => {
  mkdirSync(directory, { recursive: true });
  git(directory, 'init', '--quiet', '--initial-branch=main');
  return directory;
};

/**
 * Puts the files of `overlay` over the working tree and commits everything.
 * @returns {string} the commit's hash
 */
export const commitVersion = (directory, overlay, message) => {
  cpSync(overlay, directory, {
    recursive: true,
    // Within the overlay: a checkout may itself lie in a folder of such a name.
    filter: (source) => !/(^|[/\\])(node_modules|build|reports)([/\\]|$)/.test(relative(overlay, source)),
  });
  rmSync(join(directory, 'COMMIT_MESSAGE'), { force: true });
  git(directory, 'add', '--all');
  git(directory, 'commit', '--quiet', '--message', message);
  return git(directory, 'rev-parse', 'HEAD');
};
