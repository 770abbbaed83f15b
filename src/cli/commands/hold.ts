import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { parseDuration } from '../../contract/names.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { sayHold, sayOverride } from '../../domain/hold/sayHold.js';
import type { Hold, OverrideNotice } from '../../domain/hold/types.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import { when } from '../output.js';
import { findRelease } from '../releaseNames.js';
import type { Run } from '../run.js';
import { table } from '../table.js';

type Kind = Hold['kind'];

interface PlaceOptions {
  readonly reason: string;
  readonly model?: string;
  readonly env?: string;
  readonly until?: string;
  readonly for?: string;
}

const PLACES = '0 in force; 2 usage; 3 refused; 8 no such model or environment; 9 unreachable';

/** `hold` and `freeze` have the same words; a freeze has an end besides. */
export const holdCommands = (program: Command, run: Run): void => {
  nounCommands(program, run, 'hold', 'keep new versions out until somebody lifts it', '');
  nounCommands(program, run, 'freeze', 'keep new versions out until a time', ' --for 3d');
  explain(
    program
      .command('override [release|model]')
      .description('let one release pass the freeze that holds it back, once')
      .requiredOption('--reason <text>', 'why; shown with the release for ever')
      .option('--break-glass', 'with a second person: past approval, soak, freezes and holds; opens an incident')
      .action(run(override as never)),
    [
      'override flight-delay --reason "prices are wrong" --as operator',
      'override flight-delay --break-glass --reason "nobody can book" --as oncall',
    ],
    '0 it may pass; 2 usage; 3 refused, with the rule; 8 not found; 9 unreachable',
  );
};

const nounCommands = (program: Command, run: Run, kind: Kind, description: string, end: string): void => {
  const noun = program.command(kind).description(description);
  const placing = (command: Command): Command => {
    const known = command.requiredOption('--reason <text>', 'why, for whoever waits');
    return kind === 'hold'
      ? known
      : known
          .option('--until <instant>', 'the first instant that is free again, such as 2026-12-27T06:00:00Z')
          .option('--for <duration>', 'the same from now: 90m, 12h, 3d');
  };
  const place =
    (scope: 'model' | 'environment') =>
    (cli: Cli, name: string, options: PlaceOptions): Promise<void> =>
      placeHold(cli, kind, { ...options, ...(scope === 'model' ? { model: name } : { env: name }) });
  explain(
    placing(noun.command('model <model>').description('of one model, in every environment or in one'))
      .option('--env <name>', 'in this environment alone')
      .action(run(place('model') as never)),
    [`${kind} model flight-delay --env production${end} --reason "stocktaking" --as oncall`],
    PLACES,
  );
  explain(
    placing(noun.command('environment <environment>').description('in one environment, of every model or of one'))
      .option('--model <name>', 'of this model alone')
      .action(run(place('environment') as never)),
    [`${kind} environment production${end} --reason "stocktaking" --as oncall`],
    PLACES,
  );
  explain(
    noun
      .command('list')
      .description('those in force and to come')
      .option('--all', 'also those that have ended or were lifted')
      .action(run(((cli: Cli, options: { readonly all?: boolean }) => listHolds(cli, kind, options)) as never)),
    [`${kind} list`, `${kind} list --all --json`],
  );
  explain(
    noun
      .command(`lift <${kind}>`)
      .description('end it now')
      .requiredOption('--reason <text>', 'why it is not needed any more')
      .action(run(lift as never)),
    [`${kind} lift ${kind}-3f2a9c0d1e4b --reason "counted" --as oncall`],
    '0 lifted; 3 refused; 8 there is none that somebody placed; 9 unreachable',
  );
};

const placeHold = async (cli: Cli, kind: Kind, options: PlaceOptions): Promise<void> => {
  const { model, env, reason } = options;
  const until = kind === 'freeze' ? endOf(options) : undefined;
  const body = {
    kind,
    reason,
    ...(model === undefined ? {} : { model }),
    ...(env === undefined ? {} : { environment: env }),
    ...(until === undefined ? {} : { until }),
  };
  const placed = await cli.api().post<{ hold: Hold }>('/api/v1/holds', body, randomUUID());
  cli.out.result(placed, ({ hold }) => `${scopeOf(hold)} takes no new versions: ${sayHold(hold)}`);
};

const endOf = ({ until, for: lasting }: PlaceOptions): number => {
  if ((until === undefined) === (lasting === undefined))
    throw new SlipwayError('usage', 'a freeze has an end: say --until or --for, one of them');
  if (lasting !== undefined) {
    const ms = parseDuration(lasting);
    if (ms === undefined || ms === 0) throw new SlipwayError('usage', `--for ${lasting}: expected 90m, 12h or 3d`);
    return Date.now() + ms;
  }
  // Without an offset it would be another instant on another machine.
  const at = /(?:Z|[+-]\d\d:?\d\d)$/.test(until!) ? Date.parse(until!) : Number.NaN;
  if (Number.isNaN(at))
    throw new SlipwayError('usage', `--until ${until}: expected an instant such as 2026-12-27T06:00:00Z`);
  return at;
};

const listHolds = async (cli: Cli, kind: Kind, { all }: { readonly all?: boolean }): Promise<void> => {
  const listed = await cli
    .api()
    .get<{ holds: readonly Hold[] }>(`/api/v1/holds?kind=${kind}${all === true ? '&all=true' : ''}`);
  cli.out.result(listed, ({ holds }) =>
    table(
      ['Name', 'Of', 'From', 'Until', 'By', 'Why'],
      holds.map((hold) => [hold.id, scopeOf(hold), when(hold.from), endText(hold), hold.by, hold.reason]),
      { empty: `there is no ${kind}` },
    ),
  );
};

const endText = ({ until, lifted }: Hold): string =>
  lifted === undefined ? when(until) || 'it is lifted' : `lifted ${when(lifted.at)} by ${lifted.by}`;

/** In words: what a hold is about. */
const scopeOf = ({ models, environments }: Pick<Hold, 'models' | 'environments'>): string =>
  `${models?.join(', ') ?? 'every model'} in ${environments?.join(', ') ?? 'every environment'}`;

const lift = async (cli: Cli, id: string, { reason }: { readonly reason: string }): Promise<void> => {
  const lifted = await cli.api().post<{ hold: Hold }>(`/api/v1/holds/${encodeURIComponent(id)}/lift`, { reason });
  cli.out.result(
    lifted,
    ({ hold }) => `${hold.id} holds nothing any more: lifted by ${hold.lifted?.by ?? ''}, ${hold.lifted?.reason ?? ''}`,
  );
};

const override = async (
  cli: Cli,
  typed: string | undefined,
  { reason, breakGlass }: { readonly reason: string; readonly breakGlass?: boolean },
): Promise<void> => {
  const api = cli.api();
  const release = await findRelease(api, typed ?? 'latest');
  const signed = await api.post<{ overrides: readonly Overridden[]; breakGlass?: GlassAsked }>(
    `/api/v1/releases/${release}/override`,
    { reason, ...(breakGlass === true ? { breakGlass } : {}) },
    randomUUID(),
  );
  cli.out.result(signed, ({ overrides, breakGlass: asked }) =>
    [...overrides.map(sayOverridden), ...(asked === undefined ? [] : [sayAsked(asked)])].join('\n'),
  );
};

type Overridden = OverrideNotice & { readonly already?: boolean };

const sayOverridden = (notice: Overridden): string =>
  notice.already === true ? `it was overridden already: ${sayOverride(notice)}` : sayOverride(notice);

interface GlassAsked {
  readonly environment: string;
  readonly by: readonly string[];
  readonly needed: number;
  readonly roles?: readonly string[];
  readonly already?: boolean;
}

const sayAsked = ({ environment, by, needed, roles = [], already }: GlassAsked): string =>
  by.length < needed
    ? `break-glass for ${environment} ${already === true ? 'was signed already' : 'is signed'} by ${by.join(' and ')}: one more person${roles.length === 0 ? '' : ` of ${roles.join(', ')}`} is needed`
    : `break-glass for ${environment} is signed by ${by.join(' and ')}: the release goes on where both stand, and an incident is opened`;
