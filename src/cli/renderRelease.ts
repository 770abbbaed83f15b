import { sayAsked } from '../domain/bake/sayAsked.js';
import { askingOf } from '../domain/approval/asking.js';
import { sayRule } from '../domain/approval/approvalRule.js';
import { sayInputs, sayOptional, sayQuestion } from '../domain/approval/inputs.js';
import { sayCounted, sayDecision } from '../domain/approval/sayCounted.js';
import { sayCalled, sayLadder } from '../domain/approval/sayLadder.js';
import type { Prospect } from '../domain/approval/prospect.js';
import { ERRORS } from '../domain/errors/table.js';
import { sayHold, sayHoldAhead } from '../domain/hold/sayHold.js';
import type { HoldNotice } from '../domain/hold/types.js';
import { sayCoverage, sayTests, type CheckResult } from '../domain/release/checkResult.js';
import type { Comment } from '../domain/release/comment.js';
import { sayAwaited } from '../domain/release/sayAwaited.js';
import type { ReleaseView, StageView, WaitingView } from '../domain/release/types.js';
import { unreachableOf } from '../domain/release/unreachable.js';
import { describeCanary, needsTraffic, sayWords, type CanaryProgress } from '../domain/rollout/canaryProgress.js';
import { sayBypasses, sayGlassAsked } from '../domain/urgency/bypasses.js';
import { sayGlassWaits, type GlassWaits } from '../domain/urgency/glassWaits.js';
import type { RolloutSpec } from '../domain/spec/types.js';
import { commentLines } from './comments.js';
import { duration, firstLine, mark, short, when } from './output.js';
import { table } from './table.js';

/** As the API answers: with how far the canary is, or how the rollout would go, that it waits for. */
export type ShownRelease = ReleaseView & {
  readonly canary?: CanaryProgress;
  /** How the version that waits would come in. */
  readonly rollout?: RolloutSpec;
  readonly checks?: readonly CheckResult[];
  readonly comments?: readonly Comment[];
  /** What would keep it out of the environment that it waits to enter, were it approved now. */
  readonly holdsAhead?: readonly HoldNotice[];
  /** What approving would change. */
  readonly prospect?: Prospect;
  /** One person broke the glass, and a second one is missing. */
  readonly glassAsked?: GlassWaits;
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
          askingOf(view.waiting.subject.gate) === 'review'
            ? `waits for its review in ${view.waiting.environment} by ${sayRule(view.waiting)}, since ${when(view.waiting.since)}; without it what ran before comes back ${when(view.waiting.expireAt)}`
            : `waits for ${sayRule(view.waiting)} to enter ${view.waiting.environment}, since ${when(view.waiting.since)}`,
          ...missingLines(view.waiting),
          ...inputLines(view.waiting),
          ...ladderLines(view.waiting),
          ...unreachableOf(view.waiting),
          ...(view.prospect === undefined ? [] : ['approving it:', ...view.prospect.next.map((line) => `  ${line}`)]),
        ]),
    ...(view.holdsAhead ?? []).map((hold) => sayHoldAhead(view.waiting?.environment ?? '', hold)),
    ...awaitedLines(sayAwaited(view, when)),
    ...awaitedLines(sayAsked(view, when)),
    ...(view.held?.holds ?? []).map((hold) => `held back from ${view.held?.environment ?? ''} by ${sayHold(hold)}`),
    ...sayBypasses(view),
    ...(view.glassAsked === undefined ? sayGlassAsked(view) : [sayGlassWaits(view.glassAsked)]),
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
              sayDecision(one),
              one.subject,
              sayCounted(one),
              [sayInputs(one.inputs), one.reason].filter(Boolean).join('; '),
            ]),
          ),
        ]),
    ...((view.unlistedDecisions ?? 0) === 0
      ? []
      : [`and ${view.unlistedDecisions} more, refused or taken back: \`slipway audit show ${view.releaseId}\``]),
    ...commentLines(view.comments),
  ].join('\n');

const awaitedLines = (said: ReturnType<typeof sayAwaited>): readonly string[] =>
  said === undefined ? [] : [said.what, ...said.ways.map(({ command, does }) => `  \`${command}\` ${does}`)];

const missingLines = ({ stands, changed }: NonNullable<ReleaseView['waiting']>): readonly string[] => [
  ...(stands === undefined ? [] : [`so far ${stands}`]),
  ...(changed === undefined
    ? []
    : [`what was decided before ${when(changed.at)} is void:`, ...changed.changes.map((line) => `  ${line}`)]),
];

/** What whoever approves is asked besides. */
const inputLines = ({ inputs = {} }: WaitingView): readonly string[] =>
  Object.entries(inputs).map(
    ([name, question]) =>
      `asks for --input ${name}=…: ${[question.description, sayQuestion(question), sayOptional(question)].filter(Boolean).join('; ')}`,
  );

export const ladderLines = (waiting: WaitingView): readonly string[] => {
  const { done, ahead } = sayLadder(waiting, when);
  return [
    ...sayCalled(waiting).map((line) => `  ${line}`),
    ...done.map((line) => `  done: ${line}`),
    ...ahead.map((line, at) => `  ${at === 0 ? 'next' : 'then'}: ${line}`),
  ];
};

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
        ...sayWords(canary),
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
