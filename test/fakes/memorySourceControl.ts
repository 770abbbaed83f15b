import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { CommitInfo, CommitStatus, SourceControl } from '../../src/ports/sourceControl.js';

interface Committed extends CommitInfo {
  readonly files: Readonly<Record<string, string>>;
}

/** Repositories in memory, each one line of commits. */
export interface MemorySourceControl extends SourceControl {
  commit(repository: string, files: Readonly<Record<string, string | null>>, by?: string, subject?: string): string;
  readonly statuses: readonly { readonly repository: string; readonly commit: string; readonly status: CommitStatus }[];
}

export const createMemorySourceControl = (repositories: readonly string[]): MemorySourceControl => {
  const lines = new Map<string, Committed[]>(repositories.map((name) => [name, []]));
  const statuses: { repository: string; commit: string; status: CommitStatus }[] = [];

  const lineOf = (repository: string): Committed[] => {
    const line = lines.get(repository);
    if (line === undefined) throw new SlipwayError('unknown_model', `no repository ${repository} is configured`);
    return line;
  };
  const find = (repository: string, commit: string): Committed => {
    const found = lineOf(repository).find((candidate) => candidate.commit === commit);
    if (found === undefined) throw new SlipwayError('unknown_commit', `${repository} has no commit ${commit}`);
    return found;
  };
  const infoOf = ({ files: _, ...info }: Committed): CommitInfo => info;

  return {
    statuses,
    commit: (repository, changes, by = 'author@example.test', subject = 'change') => {
      const line = lineOf(repository);
      const last = line.at(-1);
      const merged = { ...last?.files, ...changes };
      const files = Object.fromEntries(
        Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== null),
      );
      const commit = createHash('sha1')
        .update(JSON.stringify([last?.commit, files, by, subject]))
        .digest('hex');
      const at = Date.parse('2001-01-01T00:00:00Z') + line.length * 60_000;
      const coAuthors = [...subject.matchAll(/^Co-authored-by: .*?<(.*)>$/gim)].map(([, address = '']) => address);
      line.push({
        commit,
        order: line.length + 1,
        authorEmail: by,
        committerEmail: by,
        ...(coAuthors.length === 0 ? {} : { coAuthors }),
        subject: subject.split('\n')[0] ?? '',
        at,
        files,
      });
      return commit;
    },
    head: async (repository) => {
      const last = lineOf(repository).at(-1);
      if (last === undefined) throw new SlipwayError('unknown_commit', `${repository} is empty`);
      return infoOf(last);
    },
    describe: async (repository, commit) => infoOf(find(repository, commit)),
    has: async (repository, commit, path) => Object.hasOwn(find(repository, commit).files, path),
    authorsBetween: async (repository, from, to) => {
      const line = lineOf(repository);
      const until = find(repository, to).order;
      const after = line.find((candidate) => candidate.commit === from)?.order ?? 0;
      const authors = line.slice(after, until).map(({ authorEmail, committerEmail, coAuthors }) => ({
        authorEmail,
        committerEmail,
        ...(coAuthors === undefined ? {} : { coAuthors }),
      }));
      return [...new Map(authors.map((one) => [JSON.stringify(one), one])).values()];
    },
    checkout: async (repository, commit, directory) => {
      for (const [name, content] of Object.entries(find(repository, commit).files)) {
        await mkdir(dirname(join(directory, name)), { recursive: true });
        await writeFile(join(directory, name), content);
      }
    },
    setStatus: async (repository, commit, status) => {
      statuses.push({ repository, commit: find(repository, commit).commit, status });
    },
  };
};
