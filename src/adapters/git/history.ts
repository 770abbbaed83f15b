import { StringDecoder } from 'node:string_decoder';
import { clip } from '../../domain/clip.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { CommitAuthors, CommitInfo } from '../../ports/sourceControl.js';
import type { Git } from './gitCommand.js';

const CO_AUTHORS = '%(trailers:key=Co-authored-by,valueonly,unfold,separator=%x1f)';
const AUTHORS = ['%ae', '%ce', CO_AUTHORS];
/** Of addresses, hundreds of thousands: whoever makes up a history of more cannot make us hold them all. */
const MOST_CHARACTERS = 16 * 1024 * 1024;
/** Of a first line, characters; some write the whole message into it. */
const MOST_SUBJECT = 500;

/** What `rev-parse --verify --quiet` ends with where there is nothing of that name; anything else is a git that failed. */
const NOT_THERE = 1;

/**
 * Full hash of a commit that the mirror has; undefined where it has none of that name. Git prefers a branch of the same
 * name to what a hash abbreviates, and a branch moves.
 */
export const findCommit = async (git: Git, commit: string): Promise<string | undefined> => {
  if (!/^[0-9a-f]{7,64}$/.test(commit))
    throw new SlipwayError('unknown_commit', `${JSON.stringify(commit.slice(0, 80))} is no commit hash`);
  const found = await resolveName(git, commit);
  return found?.startsWith(commit) === true ? found : undefined;
};

export const findBranch = async (git: Git, branch: string): Promise<string | undefined> =>
  resolveName(git, `refs/heads/${branch}`);

const resolveName = async (git: Git, name: string): Promise<string | undefined> => {
  const named = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
  const { code, stdout, stderr } = await git(named);
  if (code !== 0 && code !== NOT_THERE) throw unreadable(stderr);
  return code === 0 ? stdout.toString('utf8').trim() : undefined;
};

export const hasFile = async (git: Git, commit: string, path: string): Promise<boolean> => {
  const { code, stdout, stderr } = await git(['ls-tree', '-z', '--full-tree', commit, '--', path]);
  if (code !== 0) throw unreadable(stderr);
  return /^\d+ blob /.test(stdout.toString('utf8'));
};

export const describeCommit = async (git: Git, commit: string): Promise<CommitInfo> => {
  const { code, stdout, stderr } = await git([
    ...['log', '--max-count=1', '--no-color', '--encoding=UTF-8'],
    ...[`--format=${['%H', '%ct', '%s', ...AUTHORS].join('%x00')}`, commit, '--'],
  ]);
  if (code !== 0) throw unreadable(stderr);
  const [hash = '', seconds, subject = '', ...authors] = stdout.toString('utf8').replace(/\n$/, '').split('\0');
  const order = await positionOf(git, commit);
  return {
    commit: hash,
    order,
    ...authorsOf(authors),
    subject: clip(subject, MOST_SUBJECT),
    at: Number(seconds) * 1000,
  };
};

/**
 * Author, committer and co-authors of what `to` reaches and `from` does not, each set of them once. The history is read
 * as a stream: what must be held grows with its authors, and not with its commits.
 */
export const authorsBetween = async (
  git: Git,
  from: string | undefined,
  to: string,
): Promise<readonly CommitAuthors[]> => {
  const found = new Map<string, CommitAuthors>();
  let rest = '';
  let held = 0;
  const decoder = new StringDecoder('utf8');
  const { code, stderr } = await git(
    [
      ...['log', '--no-color', '--encoding=UTF-8', `--format=${AUTHORS.join('%x00')}`],
      ...[to, ...(from === undefined ? [] : [`^${from}`]), '--'],
    ],
    {
      onOutput: (chunk) => {
        const lines = (rest + decoder.write(chunk)).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          if (found.has(line)) continue;
          found.set(line, authorsOf(line.split('\0')));
          held += line.length;
        }
        if (held + rest.length > MOST_CHARACTERS)
          throw new SlipwayError('repository_refused', `${to.slice(0, 12)} has more authors than can be looked at`);
      },
    },
  );
  if (code !== 0) throw unreadable(stderr);
  return [...found.values()];
};

const positionOf = async (git: Git, commit: string): Promise<number> => {
  const counted = ['rev-list', '--first-parent', '--count', '--end-of-options', commit];
  const { code, stdout, stderr } = await git(counted);
  if (code !== 0) throw unreadable(stderr);
  return Number(stdout.toString('utf8').trim());
};

const authorsOf = ([authorEmail = '', committerEmail = '', trailers = '']: readonly string[]): CommitAuthors => {
  const coAuthors = addressesOf(trailers);
  return { authorEmail, committerEmail, ...(coAuthors.length === 0 ? {} : { coAuthors }) };
};

/** `name <address>`; a trailer without an address names somebody all the same. */
const addressesOf = (trailers: string): readonly string[] =>
  trailers
    .split('\x1f')
    .map((value) => /<([^<>]*)>[^<>]*$/.exec(value)?.[1]?.trim() ?? value.trim())
    .filter((address) => address !== '');

const unreadable = (stderr: string): SlipwayError =>
  new SlipwayError('repository_unreachable', `the history cannot be read: ${stderr.split('\n')[0]}`);
