import { randomUUID } from 'node:crypto';
import { confirm, isCancel } from '@clack/prompts';
import type { Command } from 'commander';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { ReleaseView } from '../../domain/release/types.js';
import type { ApiClient } from '../apiClient.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import { table, when } from '../output.js';
import { findRelease } from '../releaseNames.js';
import { renderEvidence } from '../renderEvidence.js';
import type { Run } from '../run.js';

interface DecideOptions {
  readonly reason?: string;
  readonly env?: string;
  readonly yes?: boolean;
  readonly printToken?: boolean;
}

export const decideCommands = (program: Command, run: Run): void => {
  explain(
    program
      .command('approvals')
      .description('what waits for a decision')
      .action(run(approvals as never)),
    ['approvals --as reviewer'],
  );
  const options = (command: Command): Command =>
    command
      .option('--reason <text>', 'why; a rejection needs one')
      .option('--env <name>', 'refuse when the release waits for another environment')
      .option('--yes', 'do not ask, also in a terminal')
      .option('--print-token', 'print the signed text, to paste into the Temporal Web UI');
  explain(
    options(
      program.command('approve [release]').description('let a release enter the environment it waits for'),
    ).action(
      run(((cli: Cli, typed: string | undefined, given: DecideOptions) =>
        decide(cli, 'approve', typed, given)) as never),
    ),
    ['approve latest --as reviewer', 'approve 4f1c --as reviewer --yes', 'approve latest --print-token --as reviewer'],
    '0 the decision counts; 3 refused, with the rule; 8 not found; 9 unreachable',
  );
  explain(
    options(program.command('reject [release]').description('end a release that waits')).action(
      run(((cli: Cli, typed: string | undefined, given: DecideOptions) =>
        decide(cli, 'reject', typed, given)) as never),
    ),
    ['reject latest --reason "slices are worse" --as reviewer'],
    '0 the decision counts; 3 refused, with the rule; 8 not found; 9 unreachable',
  );
};

interface Waiting {
  readonly releaseId: string;
  readonly environment?: string;
  readonly since?: number;
  readonly expireAt?: number;
  readonly mine: boolean;
}

const approvals = async (cli: Cli): Promise<void> => {
  const waiting = await cli.api().get<{ approvals: readonly Waiting[] }>('/api/v1/approvals');
  cli.out.result(waiting, ({ approvals: all }) =>
    table(
      ['Release', 'Enters', 'Since', 'Expires', 'Mine'],
      all.map((one) => [one.releaseId, one.environment, when(one.since), when(one.expireAt), one.mine ? 'yes' : 'no']),
    ),
  );
};

const decide = async (
  cli: Cli,
  decision: 'approve' | 'reject',
  typed: string | undefined,
  options: DecideOptions,
): Promise<number> => {
  const api = cli.api();
  const name = typed === undefined ? await onlyWaiting(api) : await findRelease(api, typed);
  const body = {
    decision,
    reason: options.reason ?? '',
    ...(options.env === undefined ? {} : { environment: options.env }),
  };
  if (options.printToken === true) {
    const token = await api.post<{ statement: string; workflowId: string }>(
      `/api/v1/releases/${name}/decisions/token`,
      body,
    );
    cli.out.result(token, ({ statement }) => JSON.stringify({ statement }));
    return 0;
  }
  if (
    process.stdin.isTTY &&
    process.stderr.isTTY &&
    options.yes !== true &&
    !cli.out.json &&
    !(await agreed(cli, api, name, decision))
  )
    return 130;
  const receipt = await api.post<{ state: string }>(`/api/v1/releases/${name}/decisions`, body, randomUUID());
  cli.out.result(
    receipt,
    ({ state }) => `${name}: the decision counts; the release is ${state === 'waiting' ? 'waiting for more' : state}`,
  );
  return 0;
};

const onlyWaiting = async (api: ApiClient): Promise<string> => {
  const { approvals: all } = await api.get<{ approvals: readonly Waiting[] }>('/api/v1/approvals');
  const [only, second] = all;
  if (only === undefined) throw new SlipwayError('not_waiting', 'no release waits for a decision');
  if (second !== undefined)
    throw new SlipwayError(
      'usage',
      `name one of the releases that wait: ${all.map((one) => one.releaseId).join(', ')}`,
    );
  return only.releaseId.replace(/^release\//, '');
};

const agreed = async (cli: Cli, api: ApiClient, name: string, decision: string): Promise<boolean> => {
  const view = await api.get<ReleaseView>(`/api/v1/releases/${name}`);
  const evidence = await api.get<Record<string, unknown>>(`/api/v1/releases/${name}/evidence`);
  cli.out.note(renderEvidence(view, evidence, `${api.url}/api/v1/releases/${name}/report`));
  const answer = await confirm({ message: `${decision} ${name}?`, initialValue: false });
  return !isCancel(answer) && answer;
};
