import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { Steering } from '../../domain/rollout/steering.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import { renderRollout, type ShownRollout } from '../renderRollout.js';
import type { Run } from '../run.js';

interface Heard {
  readonly changed: boolean;
  readonly unrecorded?: string;
  readonly rollout: ShownRollout;
}

interface Options {
  readonly reason: string;
  readonly yes?: boolean;
  readonly step?: string;
}

const EXITS =
  '0 it is so; 2 usage; 3 refused: no rollout is under way, or a rule says no; 8 no such model or environment; 9 unreachable; 130 not done';

export const rolloutCommands = (program: Command, run: Run): void => {
  const noun = program.command('rollout').description('the rollout of a model in an environment');
  explain(
    noun
      .command('show <model> <environment>')
      .description('what it is at and waits for, its looks with values and limits, its share of the traffic')
      .option('--epoch <n>', 'of an earlier one; the one under way, or the last, where absent')
      .action(run(show as never)),
    ['rollout show flight-delay production', 'rollout show flight-delay production --epoch 7 --json'],
    '0 shown; 2 usage; 8 there was none; 9 unreachable',
  );
  const word = (name: Steering, description: string, reason: string): Command => {
    const command = noun.command(`${name} <model> <environment>`).description(description);
    if (name === 'promote') command.option('--step <n>', 'refuse where another step is under way, from 1');
    return explain(
      command
        .requiredOption('--reason <text>', 'why; stays with the rollout for ever')
        .option('--yes', 'do not ask, also in a terminal')
        .action(
          run(((cli: Cli, model: string, environment: string, options: Options) =>
            steer(cli, name, model, environment, options)) as never),
        ),
      [
        `rollout ${name} flight-delay production --reason "${reason}" --as ${name === 'promote' ? 'operator' : 'oncall'}`,
      ],
      EXITS,
    );
  };
  word('pause', 'have it stay on its step until it is resumed', 'latency looks odd');
  word('resume', 'end its pause: its step is held anew, and looked at', 'it was the network');
  word('promote', 'end the hold of its step: it is looked at now, and goes on where that passes', 'seen enough');
  word('abort', 'give all traffic back to the champion, now', 'complaints');
};

const pathOf = (model: string, environment: string): string =>
  `/api/v1/models/${encodeURIComponent(model)}/environments/${encodeURIComponent(environment)}/rollout`;

const wholeNumber = (option: string, typed: string): number => {
  if (/^[1-9]\d{0,12}$/.test(typed)) return Number(typed);
  throw new SlipwayError('usage', `${option} ${typed}: expected a whole number from 1`);
};

const show = async (
  cli: Cli,
  model: string,
  environment: string,
  { epoch }: { readonly epoch?: string },
): Promise<void> => {
  const query = epoch === undefined ? '' : `?epoch=${wholeNumber('--epoch', epoch)}`;
  const shown = await cli.api().get<ShownRollout>(`${pathOf(model, environment)}${query}`);
  cli.out.result(shown, (one) => renderRollout(one, Date.now()));
};

const DONE: Readonly<Record<Steering, string>> = {
  pause: 'is paused: it stays on its step until it is resumed',
  resume: 'goes on: its step is held anew, and looked at',
  promote: 'is looked at now, and goes on where that passes',
  abort: 'is aborted: all traffic goes back',
};

const steer = async (
  cli: Cli,
  word: Steering,
  model: string,
  environment: string,
  { reason, yes, step }: Options,
): Promise<number> => {
  const meant = step === undefined ? undefined : wholeNumber('--step', step);
  const api = cli.api();
  const path = pathOf(model, environment);
  let seen = meant;
  if (cli.out.interactive && yes !== true) {
    const shown = await api.get<ShownRollout>(path);
    cli.out.note(renderRollout(shown, Date.now()));
    if (!(await agreed(word))) {
      cli.out.note('nothing was changed');
      return 130;
    }
    // Whoever agreed has seen this step: another one is not meant.
    if (word === 'promote') seen ??= shown.step;
  }
  const body = { reason, ...(seen === undefined ? {} : { step: seen }) };
  const heard = await api.post<Heard>(`${path}/${word}`, body, randomUUID());
  if (heard.unrecorded !== undefined) cli.out.note(`it is not in the ledger: ${heard.unrecorded}`);
  cli.out.result(heard, ({ changed, rollout }) =>
    [
      `the rollout of ${rollout.model} in ${rollout.environment} ${changed ? done(word, rollout) : `was not changed: ${already(word)}`}`,
      ...(rollout.waitsFor === undefined ? [] : [`it waits for ${rollout.waitsFor}`]),
    ].join('\n'),
  );
  return 0;
};

/** A pause keeps a promotion waiting as well. */
const done = (word: Steering, { status }: ShownRollout): string =>
  word === 'promote' && status === 'paused'
    ? 'is looked at as soon as it is resumed, and goes on where that passes'
    : DONE[word];

const already = (word: Steering): string =>
  word === 'resume' ? 'nothing pauses it' : 'somebody had said so before, and it was told again';

const agreed = async (word: Steering): Promise<boolean> => {
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({ message: `${word} this rollout?`, initialValue: false, output: process.stderr });
  return !isCancel(answer) && answer;
};
