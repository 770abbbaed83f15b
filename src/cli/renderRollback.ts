import type { InputDifference } from '../domain/artifact/inputDifferences.js';
import type { RollbackPlan, UndoneDeployment } from '../domain/environment/planRollback.js';
import { sayRetired } from '../domain/environment/retire.js';
import { sayHold } from '../domain/hold/sayHold.js';
import type { HoldNotice } from '../domain/hold/types.js';
import { duration, firstLine, mark, short, shortRelease, when } from './output.js';
import { table } from './table.js';

/** As the API plans it. */
export interface ShownRollback extends RollbackPlan {
  readonly plan: string;
  readonly undone: readonly (UndoneDeployment & { readonly subject?: string })[];
  readonly commits?: number;
  readonly committedAt?: number;
  readonly subject?: string;
  readonly evidence: readonly {
    readonly stage: string;
    readonly environment?: string;
    readonly verdict: string;
    readonly reason: string;
  }[];
  readonly inputs: readonly InputDifference[] | null;
  readonly holds: readonly HoldNotice[];
  readonly incidents: readonly { readonly incidentId: string; readonly status: string }[];
}

/** What a rollback would do and undo, for whoever is asked. */
export const renderRollback = (plan: ShownRollback, now: number): string => {
  const { model, environment, epoch, from, retired, to, aborts, behind, holds, incidents } = plan;
  return [
    `rollback of ${model} in ${environment}, at epoch ${epoch}`,
    `  from ${from === undefined ? 'nothing' : versionText(from)}`,
    `  to   ${versionText(to)}${plan.subject === undefined ? '' : `: ${firstLine(plan.subject, 80)}`}`,
    ...(retired === undefined ? [] : [`brings back what was ${sayRetired(retired)} (${when(retired.at)})`]),
    ...ageLines(plan, now),
    ...(aborts === undefined
      ? []
      : [
          `aborts the ${aborts.kind} of ${short(aborts.version.commit)} under way (epoch ${aborts.epoch}, by ${aborts.by})`,
        ]),
    ...behind.map(({ kind, version, by }) => `comes after the ${kind} to ${short(version.artifactDigest)} by ${by}`),
    ...undoneLines(plan),
    ...inputLines(plan.inputs),
    ...(plan.evidence.length === 0
      ? ['nothing is on record of its checks and gates']
      : ['', evidenceTable(plan.evidence)]),
    ...holds.map((hold) => `${environment} is held: ${sayHold(hold)}; what ran there before passes it`),
    ...incidents.map(({ incidentId, status }) => `${status} there: ${incidentId}`),
  ].join('\n');
};

const versionText = ({ artifactDigest, commit, releaseId }: RollbackPlan['to']): string =>
  `${short(artifactDigest)} (commit ${short(commit)}, release ${shortRelease(releaseId)})`;

const ageLines = ({ committedAt, lastServed }: ShownRollback, now: number): readonly string[] => [
  ...(committedAt === undefined ? [] : [`its commit is ${duration(now - committedAt)} old`]),
  lastServed === undefined
    ? 'nothing remembers that it served here before'
    : `it served here last from ${when(lastServed.from)} to ${when(lastServed.until)}`,
];

const undoneLines = ({ undone, commits }: ShownRollback): readonly string[] => [
  `undoes ${undone.length} deployment${undone.length === 1 ? '' : 's'}${commits === undefined ? '' : `, ${commits} commit${commits === 1 ? '' : 's'} of the branch`}`,
  ...(undone.length === 0
    ? []
    : [
        table(
          ['Served from', 'Epoch', 'What', 'Version', 'By', 'Commit'],
          undone.map(({ at, epoch, kind, version, by, subject }) => [
            when(at),
            epoch,
            kind,
            short(version.artifactDigest),
            by,
            `${short(version.commit)}${subject === undefined ? '' : ` ${firstLine(subject, 60)}`}`,
          ]),
        ),
      ]),
];

const inputLines = (inputs: ShownRollback['inputs']): readonly string[] => {
  if (inputs === null) return ['its inputs cannot be compared with those of what serves: callers may be refused'];
  if (inputs.length === 0) return ['callers send the same inputs'];
  return inputs.map(
    ({ feature, change, what, breaks }) => `${breaks ? '! callers' : 'callers'}: input ${feature} ${change}, ${what}`,
  );
};

const evidenceTable = (evidence: ShownRollback['evidence']): string =>
  table(
    ['Stage', 'Environment', 'Verdict', 'Why'],
    evidence.map(({ stage, environment, verdict, reason }) => [
      stage,
      environment,
      mark(verdict),
      firstLine(reason, 80),
    ]),
  );
