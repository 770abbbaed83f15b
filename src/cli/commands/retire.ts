import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { Version } from '../../domain/artifact/types.js';
import { awaitPassage, exitOf } from '../awaitPassage.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import { short, when } from '../output.js';
import { renderRetirement, type ShownRetirement } from '../renderRetirement.js';
import type { Run } from '../run.js';

interface Options {
  readonly from: string;
  readonly reason?: string;
  readonly plan?: boolean;
  readonly yes?: boolean;
  readonly wait: boolean;
}

interface Accepted {
  readonly requestId: string;
  readonly from: Pick<Version, 'artifactDigest'>;
  readonly by: string;
  readonly until: number;
}

export const retireCommand = (program: Command, run: Run): void => {
  explain(
    program
      .command('retire <model>')
      .description('take a model out of an environment: nothing of it serves there any more')
      .requiredOption('--from <environment>', 'the environment that it leaves')
      .option('--reason <text>', 'why; stays in the ledger for ever')
      .option('--plan', 'show what it would undo, and do nothing')
      .option('--yes', 'do not ask, also in a terminal')
      .option('--no-wait', 'do not wait until nothing serves')
      .action(run(retire as never)),
    [
      'retire flight-delay --from production --plan',
      'retire flight-delay --from production --reason "replaced by another model" --as operator',
    ],
    '0 nothing serves any more, or the plan was shown; 2 usage; 3 refused: a rule, a rollout under way, or nothing runs; 8 no such model or environment; 9 unreachable or timed out; 11 the traffic was given back; 130 not done',
  );
};

const retire = async (cli: Cli, model: string, options: Options): Promise<number> => {
  const { from: environment, reason } = options;
  if (options.plan !== true && (reason === undefined || reason.trim() === ''))
    throw new SlipwayError('usage', 'a retirement needs --reason: it stays in the ledger for ever');
  const api = cli.api();
  const path = `/api/v1/models/${encodeURIComponent(model)}/environments/${encodeURIComponent(environment)}`;
  const plan = await api.get<ShownRetirement>(`${path}/retirement-plan`);
  const shown = (): string => renderRetirement(plan, Date.now());
  if (options.plan === true) {
    cli.out.result(plan, shown);
    return 0;
  }
  cli.out.note(shown());
  if (cli.out.interactive && options.yes !== true && !(await agreed(model, environment))) {
    cli.out.note('nothing was changed');
    return 130;
  }
  const accepted = await api.post<Accepted>(`${path}/retirement`, { reason, plan: plan.plan }, randomUUID());
  const other = options.wait
    ? await awaitPassage(cli, api, path, {
        requestId: accepted.requestId,
        as: 'retired',
        isSo: ({ champion, serving }, ended) =>
          ended !== undefined || (champion === undefined && (serving?.versions.length ?? 0) === 0),
        progress: `the traffic leaves ${environment}`,
        late: (time) => `${environment} was not left within ${time}; the word counts until ${when(accepted.until)}`,
      })
    : undefined;
  if (other !== undefined) {
    cli.out.result(other, ({ outcome, reason: why }) => `${model} has not left ${environment}: ${outcome}, ${why}`);
    return exitOf(other);
  }
  cli.out.result(accepted, ({ from, until }) =>
    options.wait
      ? `${model} has left ${environment}: ${short(from.artifactDigest)} serves nobody, ${when(Date.now())}`
      : `${model} leaves ${environment}: ${short(from.artifactDigest)} goes, by a word that counts until ${when(until)}`,
  );
  return 0;
};

const agreed = async (model: string, environment: string): Promise<boolean> => {
  const { confirm, isCancel } = await import('@clack/prompts');
  const message = `Take ${model} out of ${environment}?`;
  const answer = await confirm({ message, initialValue: false, output: process.stderr });
  return !isCancel(answer) && answer;
};
