import { ERRORS } from '../domain/errors/table.js';
import { sayCoverage, sayTests, type CheckResult } from '../domain/release/checkResult.js';
import type { ReleaseView, StageView } from '../domain/release/types.js';
import { unreachableOf } from '../domain/release/unreachable.js';
import { describeCanary, needsTraffic, type CanaryProgress } from '../domain/rollout/canaryProgress.js';
import type { RolloutSpec } from '../domain/spec/types.js';
import { duration, firstLine, mark, short, when } from './output.js';
import { table } from './table.js';

/** As the API answers: with how far the canary is, or how the rollout would go, that it waits for. */
export type ShownRelease = ReleaseView & {
  readonly canary?: CanaryProgress;
  /** How the version that waits would come in. */
  readonly rollout?: RolloutSpec;
  readonly checks?: readonly CheckResult[];
};

/** The whole state of a release on one screen. */
export const renderRelease = (view: ShownRelease): string =>
  [
    `${view.releaseId}: ${mark(view.outcome ?? (view.waiting === undefined ? 'running' : 'waiting'))}${view.reason === undefined ? '' : `, ${shortened(view.reason)}`}`,
    `commit ${short(view.commit)}${writtenBy(view)}, started ${when(view.startedAt)} by ${view.trigger.by}`,
    ...(view.artifactDigest === undefined ? [] : [`artifact ${view.artifactDigest}`]),
    ...whatToDo(view),
    ...(view.waiting === undefined
      ? []
      : [
          `waits for ${view.waiting.quorum} of ${view.waiting.roles.join(', ')} to enter ${view.waiting.environment}; reminder ${when(view.waiting.remindAt)}, expires ${when(view.waiting.expireAt)}`,
          ...unreachableOf(view.waiting),
        ]),
    ...canaryLines(view.canary),
    table(
      ['Stage', 'Environment', 'Status', 'Took', 'Why'],
      view.stages.map((stage) => [
        stage.name,
        stage.environment,
        statusOf(stage),
        stage.startedAt === undefined || stage.endedAt === undefined ? '' : duration(stage.endedAt - stage.startedAt),
        firstLine(stage.reason, 100),
      ]),
    ),
    ...checkLines(view.checks),
    ...(view.decisions.length === 0
      ? []
      : [
          '',
          table(
            ['Decision', 'By', 'Counted', 'Reason'],
            view.decisions.map((one) => [
              one.decision,
              one.subject,
              one.counted ? 'yes' : `no: ${[one.refusal, one.refusalReason].filter(Boolean).join(', ')}`,
              one.reason,
            ]),
          ),
        ]),
  ].join('\n');

const checkLines = (checks: readonly CheckResult[] = []): readonly string[] =>
  checks.length === 0
    ? []
    : [
        '',
        table(
          ['Check', 'Verdict', 'Took', 'Tests', 'Skipped', 'Failing', 'Coverage'],
          checks.map(({ name, passed, durationMs, tests, coverage }) => [
            name,
            passed ? 'pass' : 'fail',
            duration(durationMs),
            sayTests(tests),
            tests?.skipped,
            tests?.failing.length,
            sayCoverage(coverage),
          ]),
        ),
      ];

const canaryLines = (canary: CanaryProgress | undefined): readonly string[] =>
  canary === undefined
    ? []
    : [
        describeCanary(canary),
        ...(needsTraffic(canary)
          ? ['It waits for traffic: `slipway status` says where predictions are asked for']
          : []),
      ];

/** A reason that begins with a code of the error table says what happened; the table says what can be done. */
const whatToDo = ({ reason = '' }: ReleaseView): readonly string[] => {
  const code = reason.split(':')[0] ?? '';
  return Object.hasOwn(ERRORS, code) ? [`What to do: ${ERRORS[code as keyof typeof ERRORS].action}`] : [];
};

/** Who wrote it is known once the commit was read. */
const writtenBy = ({ authorship }: ReleaseView): string => {
  if (authorship === undefined) return '';
  const names = [...authorship.authors, ...authorship.unknown.map((one) => `${one} (unknown)`)];
  return ` written by ${names.join(', ') || 'nobody known'}`;
};

/** A gate that did not pass has more to say than that it failed. */
const statusOf = ({ status, verdict }: StageView): string =>
  verdict === undefined || verdict === 'pass' || verdict === 'fail' ? status : verdict;

const LAST_LINES = 10;
const TAIL = /; its last lines:$/;

/** Of the last lines of a command only the very last: all of them are in the log, and would hide the rest of the view. */
const shortened = (reason: string): string => {
  const parts: string[][] = [];
  for (const line of reason.split('\n')) {
    const current = parts.at(-1);
    if (current === undefined || TAIL.test(line)) parts.push([line]);
    else current.push(line);
  }
  return parts
    .flatMap(([first = '', ...rest]) =>
      !TAIL.test(first) || rest.length <= LAST_LINES ? [first, ...rest] : [first, '…', ...rest.slice(-LAST_LINES)],
    )
    .join('\n');
};
