import type { Command } from 'commander';
import type { BakeAnswer } from '../../domain/bake/bakeAnswer.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import { shortRelease } from '../output.js';
import { findRelease } from '../releaseNames.js';
import type { Run } from '../run.js';
import { renderRelease, type ShownRelease } from '../renderRelease.js';

const EXITS =
  '0 it is written down; 2 usage; 3 refused: nobody is asked what becomes of it, or a rule says no; 8 not found; 9 unreachable; 130 not done';

interface Options {
  readonly reason: string;
  readonly yes?: boolean;
}

/** What becomes of a provisional version that labels did not decide on. */
export const answerCommands = (release: Command, run: Run): void => {
  const word = (kind: BakeAnswer, description: string, reason: string, as: string): Command =>
    explain(
      release
        .command(`${kind} <release>`)
        .description(description)
        .requiredOption('--reason <text>', 'why; stays with the release for ever')
        .option('--yes', 'do not ask, also in a terminal')
        .action(run(((cli: Cli, typed: string, options: Options) => answer(cli, kind, typed, options)) as never)),
      [`release ${kind} latest --reason "${reason}" --as ${as}`],
      EXITS,
    );
  word('confirm', 'keep a provisional version that labels did not decide on', 'sales look as before', 'operator');
  word('revert', 'put back what ran before such a version', 'complaints', 'oncall');
};

const DONE: Readonly<Record<BakeAnswer, string>> = {
  confirm: 'is kept',
  revert: 'goes back to what ran before it',
};

const answer = async (cli: Cli, kind: BakeAnswer, typed: string, { reason, yes }: Options): Promise<number> => {
  const api = cli.api();
  const name = await findRelease(api, typed);
  const path = `/api/v1/releases/${name}`;
  if (cli.out.interactive && yes !== true) {
    cli.out.note(renderRelease(await api.get<ShownRelease>(path)));
    if (!(await agreed(kind))) {
      cli.out.note('nothing was changed');
      return 130;
    }
  }
  const told = await api.post<{ changed: boolean; environment: string }>(`${path}/${kind}`, { reason });
  cli.out.result(
    told,
    ({ changed, environment }) =>
      `${shortRelease(`release/${name}`)} ${DONE[kind]} in ${environment}${changed ? '' : ': you had said so before, and it was told again'}`,
  );
  return 0;
};

const agreed = async (kind: BakeAnswer): Promise<boolean> => {
  const { confirm, isCancel } = await import('@clack/prompts');
  const said = await confirm({ message: `${kind} this release?`, initialValue: false, output: process.stderr });
  return !isCancel(said) && said;
};
