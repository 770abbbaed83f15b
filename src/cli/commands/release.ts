import type { Command } from 'commander';
import type { ReleaseSummary } from '../../contract/http/shapes.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { ReleaseView } from '../../domain/release/types.js';
import type { ApiClient } from '../apiClient.js';
import { answerCommands } from './answerBake.js';
import { commentCommand } from './comment.js';
import type { Cli } from '../context.js';
import { followRelease } from '../followRelease.js';
import { explain } from '../help.js';
import { firstLine, shortRelease, when } from '../output.js';
import { openReport, type ReportOptions } from '../openReport.js';
import { commentsOf } from '../comments.js';
import { readParams } from '../readParams.js';
import { findModel, findRelease } from '../releaseNames.js';
import { labelsIn, named } from '../peopleNamed.js';
import { renderRelease, type ShownRelease } from '../renderRelease.js';
import type { Run } from '../run.js';
import { table } from '../table.js';
import { waitForRelease } from '../waitForRelease.js';
import { releaseLogs } from './releaseLogs.js';

const EXITS =
  '0 promoted; 1 failed; 2 usage; 3 refused or rejected; 4 to 7 blocked by a gate (failed, inconclusive, insufficient data, error); 8 not found; 9 unreachable or timed out; 10 superseded, expired or cancelled; 11 rolled back';

export const releaseCommands = (program: Command, run: Run): void => {
  const release = program.command('release').description('the story of one commit, from checkout to production');
  explain(
    release
      .command('start')
      .description('start the release of a commit')
      .option('--model <name>', 'model; the only one where there is one')
      .option('--commit <hash>', 'full hash of the commit; the head of the branch where absent')
      .option('--reason <text>', 'why')
      .option('--param <name=value...>', 'override a parameter of the build')
      .option('--hotfix', 'a small urgent update: it waits less, and is reviewed afterwards')
      .option('--retrain', 'the trigger is a retrain, as with --reason retrain')
      .option('--wait', 'wait for the outcome; the exit code tells it')
      .option('--timeout <duration>', 'wait no longer than this, such as 30m; the release goes on')
      .action(run(start as never)),
    [
      'release start',
      'release start --commit 4f1c… --wait',
      'release start --hotfix --reason "prices are wrong" --as oncall',
      'release start --param trees=90 --reason "more trees"',
    ],
    EXITS,
  );
  explain(
    release
      .command('list')
      .description('releases, running ones first')
      .option('--model <name>', 'of one model')
      .option('--limit <n>', 'at most', '20')
      .action(run(list as never)),
    ['release list', 'release list --json'],
  );
  explain(
    release
      .command('show [release]')
      .description('stages, verdicts, decisions')
      .option('--wait', 'wait for the outcome first')
      .option('--follow', 'a line for whatever changes, until it has ended')
      .option('--timeout <duration>', 'wait no longer than this, such as 30m')
      .action(run(show as never)),
    ['release show latest', 'release show 4f1c --json', 'release show latest --follow'],
    EXITS.replace('0 promoted', '0 shown; with --wait or --follow: 0 promoted'),
  );
  explain(
    release
      .command('report [release]')
      .description('a link to its report, which opens in a browser for an hour')
      .option('--open', 'open it')
      .option('--out <file>', 'keep the page in a file, too')
      .action(run(report as never)),
    ['release report latest --open', 'release report 4f1c --out report.html'],
    '0 shown; 8 not found, or it has no report yet; 9 unreachable',
  );
  explain(
    release
      .command('logs [release]')
      .description('output of its commands')
      .option('-f, --follow', 'stay until it has ended')
      .option('--stage <name>', 'of one stage: in every environment, or as gate-staging in one')
      .action(run(releaseLogs as never)),
    ['release logs latest -f'],
  );
  commentCommand(release, run);
  answerCommands(release, run);
  explain(
    release
      .command('cancel <release>')
      .description('cancel it; what it changed is put back first')
      .action(run(cancel as never)),
    ['release cancel 4f1c'],
  );
  explain(
    release
      .command('resume <release>')
      .description('tell a failed release on from the stage that failed')
      .option('--anyway', 'also where the branch has changed since')
      .option('--wait', 'wait for the outcome; the exit code tells it')
      .option('--timeout <duration>', 'wait no longer than this, such as 30m; the release goes on')
      .action(run(resume as never)),
    ['release resume 4f1c', 'release resume latest --wait', 'release resume 4f1c --anyway'],
    `with --wait: ${EXITS}; 3 also where it cannot be resumed, or the branch has changed`,
  );
};

interface StartOptions {
  readonly model?: string;
  readonly commit?: string;
  readonly reason?: string;
  readonly param?: readonly string[];
  readonly retrain?: boolean;
  readonly hotfix?: boolean;
  readonly wait?: boolean;
  readonly timeout?: string;
}

const start = async (cli: Cli, options: StartOptions): Promise<number> => {
  const api = cli.api();
  const body = {
    model: await findModel(api, options.model),
    ...(options.commit === undefined ? {} : { commit: options.commit }),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
    params: readParams(options.param),
  };
  const started = await startAs(api, options, body);
  if (options.wait === true)
    return waitForRelease(cli.out, api, started.releaseId.replace(/^release\//, ''), options.timeout);
  const before = started.started ? undefined : await endedAs(api, started.releaseId);
  cli.out.result(
    { ...started, ...(before === undefined ? {} : { outcome: before }) },
    ({ releaseId, started: fresh }) => (fresh ? releaseId : `${releaseId} ${whatItIs(releaseId, before)}`),
  );
  return 0;
};

const startAs = (
  api: ApiClient,
  { hotfix, retrain, reason }: StartOptions,
  body: Readonly<Record<string, unknown>>,
): Promise<{ releaseId: string; started: boolean }> => {
  const isRetrain = retrain === true || reason === 'retrain';
  if (hotfix !== true) return api.post('/api/v1/releases', { ...body, trigger: isRetrain ? 'retrain' : 'manual' });
  if (isRetrain) throw new SlipwayError('usage', 'a retrain is no hotfix: say --hotfix or --retrain');
  if (reason === undefined) throw new SlipwayError('usage', 'a hotfix says why: --reason');
  return api.post('/api/v1/hotfixes', body);
};

/** The outcome of one that was there before; undefined while it runs. */
const endedAs = async (api: ApiClient, releaseId: string): Promise<ReleaseView['outcome']> =>
  (await api.get<ReleaseView>(`/api/v1/${releaseId.replace(/^release/, 'releases')}`)).outcome;

const whatItIs = (releaseId: string, outcome: ReleaseView['outcome']): string => {
  if (outcome === undefined) return 'runs already';
  const again = ['failed', 'cancelled'].includes(outcome)
    ? `; slipway release resume ${shortRelease(releaseId)} tells it on`
    : '';
  return `ran already: ${outcome}${again}`;
};

const list = async (cli: Cli, options: { readonly model?: string; readonly limit: string }): Promise<void> => {
  const query = `limit=${encodeURIComponent(options.limit)}${options.model === undefined ? '' : `&model=${encodeURIComponent(options.model)}`}`;
  const page = await cli.api().get<{ releases: readonly ReleaseSummary[] }>(`/api/v1/releases?${query}`);
  cli.out.result(page, ({ releases }) =>
    table(
      ['Release', 'Started', 'State', 'Reason'],
      releases.map((one) => [
        shortRelease(one.releaseId),
        when(one.startedAt),
        one.outcome ?? one.stage ?? 'running',
        firstLine(one.reason, 60),
      ]),
      { empty: 'no releases yet' },
    ),
  );
};

const show = async (
  cli: Cli,
  typed: string | undefined,
  options: { readonly wait?: boolean; readonly follow?: boolean; readonly timeout?: string },
): Promise<number | void> => {
  const api = cli.api();
  const name = await findRelease(api, typed ?? 'latest');
  if (options.follow === true) return followRelease(cli.out, api, name);
  if (options.wait === true) return waitForRelease(cli.out, api, name, options.timeout);
  const comments = await commentsOf(api, name);
  const view = { ...(await api.get<ShownRelease>(`/api/v1/releases/${name}`)), comments };
  const labels = await labelsIn(api, view);
  cli.out.result(view, (shown) => renderRelease(named(shown, labels)));
};

const report = async (cli: Cli, typed: string | undefined, options: ReportOptions): Promise<void> => {
  const api = cli.api();
  const name = await findRelease(api, typed ?? 'latest');
  await openReport(cli, api, `/api/v1/releases/${name}/report`, options);
};

const cancel = async (cli: Cli, typed: string): Promise<void> => {
  const api = cli.api();
  const name = await findRelease(api, typed);
  cli.out.result(
    await api.post<{ releaseId: string; outcome?: string }>(`/api/v1/releases/${name}/cancel`),
    ({ releaseId, outcome }) =>
      outcome === undefined
        ? `${releaseId} is being cancelled`
        : `${releaseId} has ended as ${outcome}: there is nothing to cancel`,
  );
};

const resume = async (
  cli: Cli,
  typed: string,
  options: { readonly anyway?: boolean; readonly wait?: boolean; readonly timeout?: string },
): Promise<number> => {
  const api = cli.api();
  const name = await findRelease(api, typed);
  const resumed = await api.post<{ releaseId: string; from: string; number: number }>(
    `/api/v1/releases/${name}/resume`,
    {
      anyway: options.anyway === true,
    },
  );
  if (options.wait === true) return waitForRelease(cli.out, api, name, options.timeout, resumed.number);
  cli.out.result(resumed, ({ releaseId, from }) => `${releaseId} goes on at ${from}`);
  return 0;
};
