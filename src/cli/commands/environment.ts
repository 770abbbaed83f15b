import type { Command } from 'commander';
import { sayRetired } from '../../domain/environment/retire.js';
import type { DeploymentEntry, Retired } from '../../domain/environment/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { sayHold } from '../../domain/hold/sayHold.js';
import type { HoldNotice } from '../../domain/hold/types.js';
import type { Version } from '../../domain/artifact/types.js';
import { describeCanary, type CanaryProgress } from '../../domain/rollout/canaryProgress.js';
import { sayBypassed, type Bypasses } from '../../domain/urgency/bypasses.js';
import { sayGlassWaits, type GlassWaits } from '../../domain/urgency/glassWaits.js';
import { describeSource, type WatchedSource } from '../../domain/release/sourceSeen.js';
import type { TargetState, VersionScale } from '../../domain/rollout/types.js';
import type { Cli } from '../context.js';
import { followChanges } from '../changes.js';
import { explain } from '../help.js';
import { short, shortRelease, when } from '../output.js';
import type { Run } from '../run.js';
import { table } from '../table.js';

interface EnvironmentStatus {
  readonly model: string;
  readonly environment: string;
  readonly epoch: number;
  readonly champion?: Version;
  readonly previous?: Version;
  readonly retired?: Retired;
  readonly history?: readonly DeploymentEntry[];
  readonly candidate?: Version;
  readonly canary?: CanaryProgress;
  readonly serving?: TargetState | null;
  readonly servingProblem?: string;
  readonly holds?: readonly HoldNotice[];
}

interface Status {
  readonly environments: readonly EnvironmentStatus[];
  readonly sources: readonly WatchedSource[];
  readonly approvals: readonly { readonly releaseId: string }[];
  readonly moreApprovals?: true;
  readonly moreIncidents?: true;
  readonly incidents: readonly { readonly incidentId: string; readonly status: string }[];
  readonly bypasses?: readonly (Bypasses & { readonly model: string; readonly notAsked?: number })[];
  readonly glassAsked?: readonly (GlassWaits & { readonly releaseId: string })[];
}

export const environmentCommands = (program: Command, run: Run): void => {
  explain(
    program
      .command('status')
      .description('what runs where, what waits for people, what is wrong')
      .option('--model <name>', 'of one model')
      .option('--watch', 'again whenever something changes, until Ctrl-C')
      .action(run(status as never)),
    ['status', 'status --json', 'status --watch'],
  );
};

const status = async (cli: Cli, options: { readonly model?: string; readonly watch?: boolean }): Promise<void> => {
  const api = cli.api();
  const query = options.model === undefined ? '' : `?model=${encodeURIComponent(options.model)}`;
  const show = async (): Promise<void> => cli.out.result(await api.get<Status>(`/api/v1/status${query}`), renderStatus);
  if (options.watch !== true) return show();
  if (cli.out.json) throw new SlipwayError('usage', '--watch has no end, and --json is one document: leave one out');
  const silence = (code: string): void => cli.out.progress(`no answer (${code}), trying again`);
  for await (const { event } of followChanges(api, `/api/v1/events${query}`, silence)) {
    cli.out.raw(event === 'reset' ? '' : `\n${when(Date.now())}\n`);
    await show();
  }
};

const renderStatus = ({
  environments,
  sources,
  approvals,
  incidents,
  moreApprovals,
  moreIncidents,
  bypasses = [],
  glassAsked = [],
}: Status): string =>
  [
    table(
      ['Model', 'Environment', 'Epoch', 'Champion', 'Serves now', 'Candidate'],
      environments.map((one) => [
        one.model,
        one.environment,
        one.epoch,
        short(one.champion?.artifactDigest),
        serves(one),
        short(one.candidate?.artifactDigest),
      ]),
    ),
    ...environments.flatMap((one) => (one.canary === undefined ? [] : [`${one.model}: ${describeCanary(one.canary)}`])),
    ...environments.flatMap(left),
    ...environments.flatMap(forgot),
    ...environments.flatMap(unready),
    ...environments.flatMap(scaled),
    ...environments.flatMap(heldBy),
    ...environments.flatMap(asksAt),
    ...sources.map((one) => `repository of ${one.model}: ${describeSource(one)}`),
    ...bypasses.map(
      ({ model, notAsked = 0, ...counts }) =>
        `${model}: ${sayBypassed(counts)}${notAsked === 0 ? '' : `; ${notAsked} running releases are not asked yet`}`,
    ),
    ...glassAsked.map(({ releaseId, ...glass }) => `${shortRelease(releaseId)}: ${sayGlassWaits(glass)}`),
    `waiting for people: ${listed(
      approvals.map((one) => shortRelease(one.releaseId)),
      'nothing',
    )}${moreApprovals === true ? ', and more: `slipway approvals`' : ''}`,
    `open incidents: ${listed(
      incidents.filter((one) => one.status !== 'resolved').map((one) => one.incidentId),
      'none',
    )}${moreIncidents === true ? ', and more: `slipway incident list`' : ''}`,
  ].join('\n');

/** Nothing runs, because somebody said so. */
const left = ({ model, environment, retired }: EnvironmentStatus): readonly string[] =>
  retired === undefined ? [] : [`${model} in ${environment} was ${sayRetired(retired)} (${when(retired.at)})`];

/** What keeps new versions out. */
const heldBy = ({ model, environment, holds = [] }: EnvironmentStatus): readonly string[] =>
  holds.map((hold) => `${model} in ${environment} is held: ${sayHold(hold)}`);

/** Where predictions are asked for, of what is deployed. */
const asksAt = ({ model, environment, serving }: EnvironmentStatus): readonly string[] =>
  serving === undefined || serving === null || serving.versions.length === 0
    ? []
    : [
        `predictions in ${environment}: ${serving.inferenceUrl}/v2/models/${model}/infer${serving.grpcAddress === undefined ? '' : `; gRPC ${serving.grpcAddress}`}`,
      ];

/** One beside its title, more of them below it. */
const listed = (names: readonly string[], none: string): string =>
  names.length > 1 ? names.map((name) => `\n  ${name}`).join('') : (names[0] ?? none);

const serves = ({ serving, servingProblem }: EnvironmentStatus): string =>
  servingProblem ??
  (serving?.versions
    .map(
      ({ artifactDigest, servedDigest, role, weight, ready, scale }) =>
        `${short(servedDigest ?? artifactDigest)} ${role === 'shadow' ? 'shadow' : `${weight} %`}${ready ? '' : ' not ready'}${sayScale(scale)}`,
    )
    .join(', ') ||
    'nothing');

/** What a version lacks until it can answer, in its server's words. */
const unready = ({ model, environment, serving }: EnvironmentStatus): readonly string[] =>
  (serving?.versions ?? []).flatMap(({ artifactDigest, ready, reason = 'its model server does not say why' }) =>
    ready ? [] : [`${short(artifactDigest)} of ${model} in ${environment} is not ready: ${reason}`],
  );

/** One process is the usual case, and nothing to say. */
const sayScale = (scale: VersionScale | undefined): string => {
  if (scale?.asleep === true) return ' asleep';
  if (scale?.wanted !== undefined) return ` ${scale.replicas} of ${scale.wanted} replicas`;
  return scale === undefined || scale.replicas === 1 ? '' : ` ${scale.replicas} replicas`;
};

/** Why a version sleeps, has more than one process, or fewer than its load wants. */
const scaled = ({ model, environment, serving }: EnvironmentStatus): readonly string[] =>
  (serving?.versions ?? []).flatMap(({ artifactDigest, scale }) =>
    scale === undefined || sayScale(scale) === ''
      ? []
      : [`${short(artifactDigest)} of ${model} in ${environment}:${sayScale(scale)}, ${scale.reason}`],
  );

/** What serves is older than what was settled. */
const forgot = ({ model, environment, serving }: EnvironmentStatus): readonly string[] =>
  serving?.forgotten === undefined
    ? []
    : [
        `${model} in ${environment} serves an older state: the disk of its serving node was put back, and forgot epoch ${serving.forgotten}; the next deployment or rollback sets it right`,
      ];
