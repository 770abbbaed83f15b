import type { Command } from 'commander';
import { isJudged } from '../../domain/drift/isJudged.js';
import type { DriftReport } from '../../domain/drift/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { incidentId } from '../../domain/incident/keys.js';
import type { IncidentView } from '../../domain/incident/types.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import { openReport, type ReportOptions } from '../openReport.js';
import { mark, when } from '../output.js';
import type { Run } from '../run.js';
import { table } from '../table.js';

export const monitoringCommands = (program: Command, run: Run): void => {
  const drift = program.command('drift').description('what production data look like, against training');
  explain(
    drift
      .command('check <model> <environment>')
      .description('check the windows that are due, now')
      .action(run(check as never)),
    ['drift check flight-delay production --as oncall'],
  );
  explain(
    drift
      .command('report <model> <environment>')
      .description('a report; the latest where no digest is given')
      .option('--digest <digest>', 'of one report')
      .option('--open', 'open it in a browser')
      .option('--out <file>', 'keep its page in a file, and get a link to it')
      .option('--list', 'all reports, newest first')
      .action(run(report as never)),
    [
      'drift report flight-delay production',
      'drift report flight-delay production --open',
      'drift report flight-delay production --list',
    ],
    '0 shown; 6 no window was measured yet; 9 unreachable',
  );
  const incident = program.command('incident').description('problems, from alert to resolution');
  explain(
    incident
      .command('list')
      .description('open ones first')
      .option('--model <name>', 'of one model')
      .action(run(list as never)),
    ['incident list'],
  );
  explain(
    incident
      .command('show <incident>')
      .description('one incident')
      .action(run(show as never)),
    ['incident show incident/flight-delay/production/performance.brier'],
  );
  explain(
    incident
      .command('ack <incident>')
      .description('I am on it')
      .option('--note <text>', 'a note for the timeline', '')
      .action(run(acknowledge as never)),
    ['incident ack incident/flight-delay/production/performance.brier --note "looking" --as oncall'],
  );
  explain(
    incident
      .command('resolve <incident>')
      .description('end one that nothing measures, such as break-glass')
      .requiredOption('--reason <text>', 'why it is over')
      .action(run(resolve as never)),
    [
      `incident resolve incident/flight-delay/production/breakglass.${'0'.repeat(40)} --reason "looked through" --as oncall`,
    ],
    '0 resolved; 3 refused, with the rule; 8 not found; 9 unreachable',
  );
};

const pathOf = (model: string, environment: string): string =>
  `/api/v1/models/${encodeURIComponent(model)}/environments/${encodeURIComponent(environment)}/drift`;

const check = async (cli: Cli, model: string, environment: string): Promise<void> => {
  const accepted = await cli.api().post<{ scheduleId: string }>(`${pathOf(model, environment)}/check`);
  cli.out.result(accepted, ({ scheduleId }) => `${scheduleId} was triggered`);
};

interface ReportEntry {
  readonly digest?: string;
  readonly verdict?: string;
  readonly rows?: number;
  readonly window?: { readonly start: number; readonly end: number };
}

const report = async (
  cli: Cli,
  model: string,
  environment: string,
  options: { readonly digest?: string; readonly list?: boolean } & ReportOptions,
): Promise<void> => {
  const api = cli.api();
  if (options.list === true) {
    const page = await api.get<{ reports: readonly ReportEntry[] }>(`${pathOf(model, environment)}/reports?limit=100`);
    cli.out.result(page, ({ reports }) =>
      table(
        ['Window', 'Verdict', 'Rows', 'Digest'],
        reports.map((one) => [spanOf(one.window), one.verdict, one.rows, one.digest]),
        { empty: 'no reports yet' },
      ),
    );
    return;
  }
  const path = `${pathOf(model, environment)}/reports/${options.digest ?? 'latest'}`;
  if (options.open === true || options.out !== undefined) return openReport(cli, api, path, options);
  const found = await api.get<DriftReport>(path);
  cli.out.result(found, renderReport);
};

/** Windows are of whole minutes. */
const spanOf = (window: { readonly start: number; readonly end: number } | undefined): string =>
  window === undefined ? '' : `${when(window.start).slice(0, 16)} to ${when(window.end).slice(0, 16)}`;

const renderReport = (found: DriftReport): string =>
  [
    `${found.model} in ${found.environment}, ${spanOf(found.window)}: ${mark(found.verdict)} over ${found.rows} rows`,
    `performance: ${found.performance.verdict}, ${found.performance.reason}`,
    table(
      ['Feature', 'Verdict', 'Distance', 'Interval', 'p', 'PSI'],
      [...found.features, found.prediction].map((one) => [
        one.feature,
        one.verdict,
        ...(isJudged(one)
          ? [
              one.distance.toFixed(3),
              one.interval.map((bound) => bound.toFixed(3)).join(' to '),
              one.pValue.toPrecision(2),
              one.psi.toFixed(3),
            ]
          : ['–', '–', '–', '–']),
      ]),
    ),
    table(
      ['Quality', 'Subject', 'Verdict', 'Why'],
      found.quality
        .filter((one) => one.verdict !== 'pass')
        .map((one) => [one.name, one.subject, one.verdict, one.reason]),
    ),
    `findings: ${found.findings.map((one) => `${one.kind} of ${one.subject}: ${one.reason}`).join('; ') || 'none'}`,
    ...found.findings
      .filter((one) => one.pages)
      .map((one) => `next: slipway incident show ${incidentId(found.model, found.environment, one.kind, one.subject)}`),
  ].join('\n');

const list = async (cli: Cli, options: { readonly model?: string }): Promise<void> => {
  const page = await cli
    .api()
    .get<{ incidents: readonly IncidentView[] }>(
      `/api/v1/incidents${options.model === undefined ? '' : `?model=${encodeURIComponent(options.model)}`}`,
    );
  cli.out.result(page, ({ incidents }) =>
    table(
      ['Incident', 'Status', 'Opened', 'Owner', 'Remediation'],
      incidents.map((one) => [one.incidentId, one.status, when(one.openedAt), one.owner, one.remediation?.action]),
      { empty: 'no incidents' },
    ),
  );
};

const incidentPath = (typed: string): string => {
  const words = typed.replace(/^incident\//, '').split('/');
  if (words.length !== 3)
    throw new SlipwayError('usage', `${typed} is not of the form incident/<model>/<environment>/<kind>.<subject>`);
  return `/api/v1/incidents/${words.map(encodeURIComponent).join('/')}`;
};

const renderIncident = (one: IncidentView): string =>
  [
    `${one.incidentId}: ${mark(one.status)}${one.resolution === undefined ? '' : `, ${one.resolution}`}`,
    `opened ${when(one.openedAt)}, owner ${one.owner}${one.acknowledgedBy === undefined ? '' : `, acknowledged by ${one.acknowledgedBy}`}, alerts delivered: ${one.alertsDelivered}`,
    ...(one.remediation === undefined
      ? []
      : [
          `remediation: ${one.remediation.action}, ${one.remediation.reason}${one.remediation.outcome === undefined ? '' : `; ${one.remediation.outcome}`}`,
        ]),
    table(
      ['When', 'What'],
      one.timeline.map((entry) => [when(entry.at), entry.text]),
    ),
  ].join('\n');

const show = async (cli: Cli, typed: string): Promise<void> =>
  cli.out.result(await cli.api().get<IncidentView>(incidentPath(typed)), renderIncident);

const acknowledge = async (cli: Cli, typed: string, options: { readonly note: string }): Promise<void> =>
  cli.out.result(
    await cli.api().post<IncidentView>(`${incidentPath(typed)}/ack`, { note: options.note }),
    renderIncident,
  );

const resolve = async (cli: Cli, typed: string, { reason }: { readonly reason: string }): Promise<void> =>
  cli.out.result(await cli.api().post<IncidentView>(`${incidentPath(typed)}/resolve`, { reason }), renderIncident);
