import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { Version } from '../../domain/artifact/types.js';
import type { DeploymentEntry } from '../../domain/environment/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { ApiClient } from '../apiClient.js';
import { awaitPassage, exitOf } from '../awaitPassage.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import { short, when } from '../output.js';
import { renderRollback, type ShownRollback } from '../renderRollback.js';
import type { Run } from '../run.js';

interface Place {
  readonly champion?: Version;
  readonly previous?: Version;
  readonly history?: readonly DeploymentEntry[];
}

interface RollbackOptions {
  readonly to?: string;
  readonly reason: string;
  readonly wait: boolean;
  readonly plan?: boolean;
  readonly yes?: boolean;
}

export const rollbackCommand = (program: Command, run: Run): void => {
  explain(
    program
      .command('rollback <model> <environment>')
      .description('put an earlier version back')
      .option('--to <digest>', 'artifact digest, or its beginning; the version before where absent')
      .option('--reason <text>', 'why', 'asked for on the command line')
      .option('--plan', 'show what it would do and undo, and do nothing')
      .option('--yes', 'do not ask, also in a terminal')
      .option('--no-wait', 'do not wait until it serves')
      .action(run(rollback as never)),
    [
      'rollback flight-delay production --as oncall',
      'rollback flight-delay production --plan',
      'rollback flight-delay production --to c7c90896a6a0 --reason "complaints" --as oncall',
    ],
    '0 the earlier version serves, or the plan was shown; 2 usage; 3 refused; 8 no such version; 9 unreachable or timed out; 11 what served goes on serving; 130 not done',
  );
};

const rollback = async (cli: Cli, model: string, environment: string, options: RollbackOptions): Promise<number> => {
  const api = cli.api();
  const path = `/api/v1/models/${encodeURIComponent(model)}/environments/${encodeURIComponent(environment)}`;
  const to = options.to === undefined ? undefined : await digestOf(api, path, options.to);
  const plan = await api.get<ShownRollback>(`${path}/rollback-plan${to === undefined ? '' : `?to=${to}`}`);
  const shown = (): string => renderRollback(plan, Date.now());
  if (options.plan === true) {
    cli.out.result(plan, shown);
    return 0;
  }
  cli.out.note(shown());
  if (cli.out.interactive && options.yes !== true && !(await agreed())) {
    cli.out.note('nothing was changed');
    return 130;
  }
  const body = { reason: options.reason, to: plan.to.artifactDigest, plan: plan.plan };
  const accepted = await api.post<{ requestId: string; to: Version }>(`${path}/rollback`, body, randomUUID());
  if (options.wait) {
    const { artifactDigest } = accepted.to;
    const other = await awaitPassage(cli, api, path, {
      requestId: accepted.requestId,
      as: 'deployed',
      isSo: ({ champion, serving }) =>
        champion?.artifactDigest === artifactDigest &&
        serving?.versions.length === 1 &&
        serving.versions[0]?.servedDigest === artifactDigest,
      progress: `${environment} goes back to ${short(artifactDigest)}`,
      late: (time) => `${environment} does not serve ${artifactDigest} after ${time}`,
    });
    if (other !== undefined) {
      const { outcome, reason } = other;
      cli.out.result(
        other,
        () => `${environment} has not gone back to ${short(artifactDigest)}: ${outcome}, ${reason}`,
      );
      return exitOf(other);
    }
  }
  cli.out.result(
    accepted,
    ({ to }) =>
      `${environment} ${options.wait ? 'serves' : 'goes back to'} ${to.artifactDigest} (commit ${short(to.commit)}), ${when(Date.now())}`,
  );
  return 0;
};

const agreed = async (): Promise<boolean> => {
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({ message: 'Roll back?', initialValue: false, output: process.stderr });
  return !isCancel(answer) && answer;
};

/** The whole digest of what was typed: that, or the beginning of one that was deployed there, as `status` prints it. */
const digestOf = async (api: ApiClient, path: string, typed: string): Promise<string> => {
  const hex = typed.replace(/^sha256:/, '');
  if (!/^[0-9a-f]{4,64}$/.test(hex))
    throw new SlipwayError('usage', `${typed} is no digest, nor the beginning of one: 4 to 64 hexadecimal digits`);
  if (hex.length === 64) return `sha256:${hex}`;
  const { champion, previous, history } = await api.get<Place>(path);
  const deployed = (history ?? []).filter(({ outcome }) => outcome === 'deployed').map(({ version }) => version);
  const known = [champion, previous, ...deployed].flatMap((version) => version?.artifactDigest ?? []);
  const [found, second] = new Set(known.filter((digest) => digest.startsWith(`sha256:${hex}`)));
  if (second !== undefined)
    throw new SlipwayError('usage', `${typed} begins more than one digest that was deployed there`);
  if (found === undefined)
    throw new SlipwayError(
      'artifact_unknown',
      `nothing that was deployed there begins with ${typed}: name the whole digest`,
    );
  return found;
};
