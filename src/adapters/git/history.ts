import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { CommitInfo } from '../../ports/sourceControl.js';
import type { Git } from './gitCommand.js';

const MOST_COMMITS = 1_000;
const CO_AUTHORS = '%(trailers:key=Co-authored-by,valueonly,unfold,separator=%x1f)';
const FIELDS = ['%H', '%ae', '%ce', '%ct', '%s', CO_AUTHORS];

/** Full hash of a commit that the mirror has; undefined where it has none of that name. */
export const findCommit = async (git: Git, commit: string): Promise<string | undefined> => {
  if (!/^[0-9a-f]{7,64}$/.test(commit))
    throw new SlipwayError('unknown_commit', `${JSON.stringify(commit.slice(0, 80))} is no commit hash`);
  return resolveName(git, commit);
};

export const findBranch = async (git: Git, branch: string): Promise<string | undefined> =>
  resolveName(git, `refs/heads/${branch}`);

const resolveName = async (git: Git, name: string): Promise<string | undefined> => {
  const { code, stdout } = await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]);
  return code === 0 ? stdout.toString('utf8').trim() : undefined;
};

export const hasFile = async (git: Git, commit: string, path: string): Promise<boolean> => {
  const { code, stdout, stderr } = await git(['ls-tree', '-z', '--full-tree', commit, '--', path]);
  if (code !== 0)
    throw new SlipwayError('repository_unreachable', `the files cannot be read: ${stderr.split('\n')[0]}`);
  return /^\d+ blob /.test(stdout.toString('utf8'));
};

export const describeCommit = async (git: Git, commit: string): Promise<CommitInfo> => {
  const [info] = await log(git, [commit, '--max-count=1'], () => 0);
  if (info === undefined)
    throw new SlipwayError('unknown_commit', `the repository has no commit ${commit}`, { commit });
  return { ...info, order: await positionOf(git, commit) };
};

/** Newest first. A commit of a side branch has the position of the merge that brought it in. */
export const listBetween = async (git: Git, from: string | undefined, to: string): Promise<readonly CommitInfo[]> => {
  const range = [to, ...(from === undefined ? [] : [`^${from}`])];
  const line = await git(['rev-list', '--first-parent', `--max-count=${MOST_COMMITS}`, '--end-of-options', ...range]);
  const newest = await positionOf(git, to);
  const positions = new Map(lines(line.stdout).map((commit, index) => [commit, newest - index]));
  let position = newest;
  return log(
    git,
    ['--topo-order', `--max-count=${MOST_COMMITS}`, ...range],
    (commit) => (position = positions.get(commit) ?? position),
  );
};

const positionOf = async (git: Git, commit: string): Promise<number> => {
  const { stdout } = await git(['rev-list', '--first-parent', '--count', '--end-of-options', commit]);
  return Number(stdout.toString('utf8').trim());
};

const log = async (
  git: Git,
  args: readonly string[],
  position: (commit: string) => number,
): Promise<readonly CommitInfo[]> => {
  const { code, stdout, stderr } = await git([
    'log',
    '-z',
    '--no-color',
    '--encoding=UTF-8',
    `--format=${FIELDS.join('%x00')}`,
    ...args,
    '--',
  ]);
  if (code !== 0)
    throw new SlipwayError('repository_unreachable', `the history cannot be read: ${stderr.split('\n')[0]}`);
  const values = stdout.toString('utf8').split('\0');
  const commits: CommitInfo[] = [];
  for (let at = 0; at + FIELDS.length <= values.length; at += FIELDS.length) {
    const [commit = '', authorEmail = '', committerEmail = '', seconds = '', subject = '', trailers = ''] =
      values.slice(at, at + FIELDS.length);
    const coAuthors = addressesOf(trailers);
    commits.push({
      commit,
      order: position(commit),
      authorEmail,
      committerEmail,
      ...(coAuthors.length === 0 ? {} : { coAuthors }),
      subject,
      at: Number(seconds) * 1000,
    });
  }
  return commits;
};

/** `name <address>`; a trailer without an address names somebody all the same. */
const addressesOf = (trailers: string): readonly string[] =>
  trailers
    .split('\x1f')
    .map((value) => /<([^<>]*)>[^<>]*$/.exec(value)?.[1]?.trim() ?? value.trim())
    .filter((address) => address !== '');

const lines = (output: Buffer): readonly string[] =>
  output
    .toString('utf8')
    .split('\n')
    .filter((text) => text !== '');
