import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import type { RecoveredState } from '../../domain/environment/recoverState.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { ReleaseView } from '../../domain/release/types.js';
import type { ApiClient } from '../apiClient.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import { short, shortRelease } from '../output.js';
import type { Run } from '../run.js';
import { table } from '../table.js';

interface Planned extends RecoveredState {
  readonly model: string;
  readonly environment: string;
}

interface Plan {
  readonly engine: { readonly before: string; readonly now: string } | null;
  readonly environments: readonly Planned[];
  readonly interrupted: readonly ReleaseView[];
  readonly unbegun: readonly string[];
  readonly monitored: readonly { readonly model: string; readonly environment: string }[];
  readonly watched: readonly { readonly model: string; readonly environment: string }[];
  readonly incidents: readonly string[];
  readonly plan: string;
}

const PATH = '/api/v1/recovery';
const WORKS_WITHIN_MS = 120_000;
const LOOK_MS = 500;

export const recoverCommand = (program: Command, run: Run): void => {
  explain(
    program
      .command('recover')
      .description('go on after Temporal lost its database, from ledger, store and targets')
      .option('--yes', 'carry out what the plan says; without it the plan is shown, and a person is asked')
      .option('--no-wait', 'do not wait until every environment has its arbiter again')
      .addHelpText(
        'after',
        '\nTraffic stays as it is. Restore the database of Temporal instead, if you can: it knows more.',
      )
      .action(run(recover as never)),
    ['recover', 'recover --yes --as oncall', 'recover --json'],
    '0 recovered, or there was nothing to recover, or the plan was shown; 3 refused; 9 unreachable or timed out',
  );
};

interface Options {
  readonly yes?: boolean;
  readonly wait: boolean;
}

const recover = async (cli: Cli, options: Options): Promise<void> => {
  const api = cli.api();
  const plan = await api.get<Plan>(PATH);
  if (plan.engine === null)
    return cli.out.result({ ...plan, recovered: false }, () => 'nothing is to be recovered: Temporal has what it had');
  if (options.yes !== true && !(await agreed(cli, plan)))
    return cli.out.result({ ...plan, recovered: false }, () =>
      cli.out.interactive
        ? 'nothing was changed'
        : `${render(plan)}\n\nnothing was changed; to do it: slipway recover --yes`,
    );
  const done = await api.post<Plan>(PATH, { plan: plan.plan });
  if (options.wait) await arbitersWork(cli, api, done.environments);
  cli.out.result({ ...done, recovered: true }, () => `${render(done)}\n\nrecovered`);
};

const agreed = async (cli: Cli, plan: Plan): Promise<boolean> => {
  if (!cli.out.interactive) return false;
  cli.out.note(render(plan));
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({
    message: 'Go on with what this says?',
    initialValue: false,
    output: process.stderr,
  });
  return !isCancel(answer) && answer;
};

/** Workers start again by themselves; an arbiter whose target does not answer waits for it, and is not waited for. */
const arbitersWork = async (cli: Cli, api: ApiClient, planned: readonly Planned[]): Promise<void> => {
  const deadline = Date.now() + WORKS_WITHIN_MS;
  for (const { model, environment, seen, state } of planned) {
    if (seen.target === undefined) continue;
    for (;;) {
      cli.out.progress(`waiting for the arbiter of ${model} in ${environment}`);
      const now = await api
        .get<{ epoch: number }>(`/api/v1/models/${model}/environments/${environment}`)
        .catch(stillAway);
      if (now !== undefined && now.epoch >= state.epoch) break;
      if (Date.now() > deadline)
        throw new SlipwayError('timed_out', `no worker took up ${model} in ${environment}; see \`slipway doctor\``);
      await delay(LOOK_MS);
    }
  }
  cli.out.endProgress();
};

/** The query of an arbiter that no worker runs yet comes back without an answer. */
const stillAway = (error: unknown): undefined => {
  if (error instanceof SlipwayError && error.retryable) return undefined;
  throw error;
};

const render = (plan: Plan): string =>
  [
    `Temporal's namespace was ${plan.engine?.before}, and is ${plan.engine?.now}: it has lost what it knew.`,
    plan.environments.length === 0
      ? 'Nothing was ever deployed.'
      : table(
          ['Model', 'Environment', 'Champion', 'From', 'Ledger', 'Pointer', 'Target', 'Epoch', 'Rollback leads to'],
          plan.environments.map(({ model, environment, state, championFrom, seen }) => [
            model,
            environment,
            short(state.champion?.artifactDigest),
            championFrom ?? '',
            seen.ledger ?? '',
            seen.pointer ?? '',
            seen.target ?? '',
            state.epoch,
            short(state.previous?.artifactDigest),
          ]),
        ),
    ...plan.environments.flatMap(({ model, environment, disagreements }) =>
      disagreements.map((text) => `! ${model} in ${environment}: ${text}`),
    ),
    'Traffic stays as it is. The next passage of each environment is above its epoch, and fences out what is left of earlier ones.',
    ...plan.interrupted.map(
      ({ releaseId, outcome, reason }) =>
        `release ${shortRelease(releaseId)} ends as ${outcome}: ${reason?.split('\n')[0]}${outcome === 'failed' ? `; go on with: slipway release resume ${shortRelease(releaseId)}` : ''}`,
    ),
    ...plan.unbegun.map((releaseId) => {
      const [model = '', commit = ''] = releaseId.replace(/^release\//, '').split('/');
      return `release ${shortRelease(releaseId)} had not begun; start it with: slipway release start --model ${model} --commit ${commit}`;
    }),
    ...plan.monitored.map(({ model, environment }) => `drift checks of ${model} in ${environment} are scheduled again`),
    ...plan.watched.map(({ model, environment }) => `what runs of ${model} in ${environment} is looked at again`),
    ...plan.incidents.map((incident) => `${incident} was open: the next finding opens it anew`),
  ].join('\n');
