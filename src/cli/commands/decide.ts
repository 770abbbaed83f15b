import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { StepStory } from '../../domain/build/story.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { ApiClient } from '../apiClient.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import { reportLink } from '../openReport.js';
import { shortRelease, when } from '../output.js';
import { findRelease, findWaiting } from '../releaseNames.js';
import { renderEvidence } from '../renderEvidence.js';
import type { ShownRelease } from '../renderRelease.js';
import type { Run } from '../run.js';
import { table } from '../table.js';

type Decision = 'approve' | 'reject';

interface DecideOptions {
  readonly reason?: string;
  readonly env?: string;
  readonly yes?: boolean;
  readonly printToken?: boolean;
}

const EXITS =
  '0 the decision counts; 2 usage, or a rejection without a reason; 3 refused, with the rule; 8 not found; 9 unreachable; 130 not decided';

export const decideCommands = (program: Command, run: Run): void => {
  explain(
    program
      .command('approvals')
      .description('what waits for a decision')
      .option('--model <name>', 'of one model')
      .action(run(approvals as never)),
    ['approvals --as reviewer', 'approvals --json'],
  );
  const decision = (name: Decision, description: string, examples: readonly string[]): void => {
    explain(
      program
        .command(`${name} [release|model]`)
        .description(description)
        .option('--reason <text>', 'why; a rejection needs one')
        .option('--env <name>', 'refuse when the release waits for another environment')
        .option('--yes', 'do not ask, also in a terminal')
        .option('--print-token', 'print the signed text, to paste into the signal form of the Temporal Web UI')
        .action(
          run(((cli: Cli, typed: string | undefined, given: DecideOptions) =>
            decide(cli, name, typed, given)) as never),
        ),
      examples,
      EXITS,
    );
  };
  decision('approve', 'let a release enter the environment it waits for', [
    'approve flight-delay --as reviewer',
    'approve 4f1c --as reviewer --yes',
    'approve latest --print-token --as reviewer',
  ]);
  decision('reject', 'end a release that waits', ['reject latest --reason "slices are worse" --as reviewer']);
};

interface Waiting {
  readonly releaseId: string;
  readonly model?: string;
  readonly environment?: string;
  readonly since?: number;
  readonly expireAt?: number;
  readonly mine: boolean;
}

const approvals = async (cli: Cli, options: { readonly model?: string }): Promise<void> => {
  const query = options.model === undefined ? '' : `?model=${encodeURIComponent(options.model)}`;
  const waiting = await cli.api().get<{ approvals: readonly Waiting[] }>(`/api/v1/approvals${query}`);
  cli.out.result(waiting, ({ approvals: all }) =>
    table(
      ['Release', 'Enters', 'Since', 'Expires', 'Mine'],
      all.map((one) => [
        shortRelease(one.releaseId),
        one.environment,
        when(one.since),
        when(one.expireAt),
        one.mine ? 'yes' : 'no',
      ]),
      { empty: 'nothing waits for a decision' },
    ),
  );
};

const decide = async (
  cli: Cli,
  decision: Decision,
  typed: string | undefined,
  options: DecideOptions,
): Promise<number> => {
  const api = cli.api();
  const name = await chooseWaiting(api, typed);
  const asks = cli.out.interactive && options.yes !== true && options.printToken !== true;
  const reason = options.reason ?? (asks && decision === 'reject' ? await askReason() : '');
  if (reason === undefined || (asks && !(await agreed(cli, api, name, decision)))) {
    cli.out.note('nothing was decided');
    return 130;
  }
  const body = { decision, reason, ...(options.env === undefined ? {} : { environment: options.env }) };
  const path = `/api/v1/releases/${name}/decisions`;
  if (options.printToken === true) {
    const token = await api.post<{ statement: string; workflowId: string; expiresAt?: number }>(`${path}/token`, body);
    cli.out.note(
      `send the signal decide to ${token.workflowId} with this argument, until ${when(token.expiresAt)} UTC:`,
    );
    cli.out.result(token, ({ statement }) => JSON.stringify({ statement }));
    return 0;
  }
  const receipt = await api.post<{ state: string }>(path, body, randomUUID());
  cli.out.result(
    receipt,
    ({ state }) => `${name}: the decision counts; the release is ${state === 'waiting' ? 'waiting for more' : state}`,
  );
  return 0;
};

/** What was named; where a model was, or nothing, only a release that waits. */
const chooseWaiting = async (api: ApiClient, typed: string | undefined): Promise<string> => {
  if (typed !== undefined && (typed === 'latest' || typed.includes('/'))) return findRelease(api, typed);
  const only = await findWaiting(api, typed);
  if (only !== undefined) return only;
  if (typed === undefined) throw new SlipwayError('not_waiting', 'no release waits for a decision');
  const { models } = await api.get<{ models: readonly { name: string }[] }>('/api/v1/models');
  if (models.some((model) => model.name === typed)) {
    throw new SlipwayError('not_waiting', `no release of ${typed} waits for a decision`);
  }
  return findRelease(api, typed);
};

const askReason = async (): Promise<string | undefined> => {
  const { isCancel, text } = await import('@clack/prompts');
  const said = await text({
    message: 'Why?',
    output: process.stderr,
    validate: (value) => ((value ?? '').trim() === '' ? 'A rejection must say why.' : undefined),
  });
  return isCancel(said) ? undefined : said;
};

const agreed = async (cli: Cli, api: ApiClient, name: string, decision: Decision): Promise<boolean> => {
  const view = await api.get<ShownRelease>(`/api/v1/releases/${name}`);
  const evidence = await api.get<Record<string, unknown>>(`/api/v1/releases/${name}/evidence`);
  const { url } = await reportLink(api, `/api/v1/releases/${name}/report`);
  const { steps } = await api.get<{ steps: readonly StepStory[] }>(`/api/v1/releases/${name}/steps`);
  cli.out.note(renderEvidence(view, evidence, steps, url));
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({
    message: `${decision === 'approve' ? 'Approve' : 'Reject'} ${name}?`,
    initialValue: false,
    output: process.stderr,
  });
  return !isCancel(answer) && answer;
};
