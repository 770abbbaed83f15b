import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { Comment } from '../../domain/release/comment.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import { findRelease } from '../releaseNames.js';
import type { Run } from '../run.js';

export const commentCommand = (release: Command, run: Run): void => {
  explain(
    release
      .command('comment <release> <text>')
      .description('say something about a release, for everybody who looks at it')
      .option('--question', 'ask its authors, who are told')
      .action(run(comment as never)),
    [
      'release comment latest "the slices of November look odd" --as reviewer',
      'release comment 4f1c "why another seed?" --question --as reviewer',
    ],
    '0 kept; 2 usage; 3 there are as many as are kept; 8 not found; 9 unreachable',
  );
};

const comment = async (
  cli: Cli,
  typed: string,
  text: string,
  { question }: { readonly question?: boolean },
): Promise<void> => {
  const api = cli.api();
  const name = await findRelease(api, typed);
  const body = { kind: question === true ? 'question' : 'comment', text };
  cli.out.result(
    await api.post<{ comment: Comment }>(`/api/v1/releases/${name}/comments`, body, randomUUID()),
    ({ comment: { kind } }) => `${name}: the ${kind} is kept`,
  );
};
