import type { Prospect } from '../domain/approval/prospect.js';
import { askingOf } from '../domain/approval/asking.js';
import { sayCounted } from '../domain/approval/sayCounted.js';
import { sayFlaky } from '../domain/build/sayFlaky.js';
import type { ToldStep } from '../domain/build/story.js';
import type { GateResult, Metrics } from '../domain/gate/types.js';
import type { Authorship, ReleaseView, WaitingView } from '../domain/release/types.js';
import { sayHoldAhead } from '../domain/hold/sayHold.js';
import { describeRollout } from '../domain/rollout/describeRollout.js';
import { short, when } from './output.js';
import { ladderLines, type ShownRelease } from './renderRelease.js';
import { table } from './table.js';

interface GateStage {
  readonly results?: readonly GateResult[];
  readonly evidence?: {
    readonly rows: number;
    readonly metrics: Metrics;
    readonly champion?: { readonly artifactDigest: string; readonly metrics: Metrics };
  };
}

/** What a person decides from, on one screen: gates, metrics beside the champion's, tests, and what happens next. */
export const renderEvidence = (
  view: ShownRelease,
  evidence: Readonly<Record<string, unknown>>,
  reportUrl: string,
): string => {
  const stages = (evidence['stages'] ?? {}) as Readonly<Record<string, unknown>>;
  const gates = Object.entries(stages).filter(([name]) => name.startsWith('gate.')) as readonly (readonly [
    string,
    GateStage,
  ])[];
  const rules = gates.flatMap(([, { results = [] }]) =>
    results.flatMap((result) =>
      result.rules.map((rule) => [result.gate, rule.rule, rule.verdict, rule.reason] as const),
    ),
  );
  const last = gates.at(-1)?.[1].evidence;
  const metrics = Object.entries(last?.metrics ?? {}).map(([name, value]) => [
    name,
    value.toPrecision(4),
    (last?.champion?.metrics as Record<string, number> | undefined)?.[name]?.toPrecision(4) ?? '',
  ]);
  const { steps = [] } = (stages['build.steps'] ?? {}) as { readonly steps?: readonly ToldStep[] };
  const { waiting } = view;
  return [
    `${view.model} ${short(view.commit)}, artifact ${short(view.artifactDigest)}, written by ${writersOf(view, evidence).join(', ')}`,
    ...steps.filter(({ flaky }) => flaky).map(sayFlaky),
    '',
    table(['Gate', 'Rule', 'Verdict', 'Why'], rules),
    '',
    `${last?.rows ?? 0} held-out rows${last?.champion === undefined ? ', no champion yet' : `, champion ${short(last.champion.artifactDigest)}`}`,
    table(['Metric', 'Candidate', 'Champion'], metrics),
    '',
    ...(waiting === undefined
      ? []
      : [
          ...besideLines(view.prospect),
          ...decidedLines(view),
          ...ladderLines(waiting),
          ...(askingOf(waiting.subject.gate) === 'review' ? reviewLines(view, waiting) : entryLines(view, waiting)),
        ]),
    `Report: ${reportUrl}`,
  ].join('\n');
};

const entryLines = (view: ShownRelease, { environment }: WaitingView): readonly string[] => [
  ...(view.rollout === undefined ? [] : [describeRollout(view.rollout)]),
  ...(view.holdsAhead ?? []).map((hold) => sayHoldAhead(environment, hold)),
  // The prospect says the way back, where there is one.
  `Approving lets it enter ${environment}.`,
  ...(view.prospect?.next.slice(1) ?? []),
];

/** A hotfix runs already: nothing enters, and silence is not nothing. */
const reviewLines = ({ review }: ShownRelease, { environment, expireAt }: WaitingView): readonly string[] => [
  `This is the review of a hotfix: it runs in ${environment} already. Approving lets it stay.`,
  `Rejecting it, or nobody's word until ${when(review?.until ?? expireAt)}, ${
    review?.replaced === undefined
      ? 'ends its review as missed; nothing ran there before that could come back'
      : `brings back ${short(review.replaced.commit)}, which it replaced`
  }.`,
];

/** What would change there; the metrics are above. */
const besideLines = (prospect: Prospect | undefined): readonly string[] =>
  prospect === undefined || prospect.differences.length === 0
    ? []
    : [
        table(
          ['Part', 'Name', 'Runs now', 'Would run'],
          prospect.differences.map(({ part, name, from, to }) => [part, name, cut(from), cut(to)]),
        ),
        ...(prospect.more === 0 ? [] : [`and ${prospect.more} more differences`]),
        '',
      ];

const cut = (value: string | number | boolean | undefined): string => String(value ?? 'none').slice(0, 40);

const decidedLines = ({ decisions, waiting }: ReleaseView): readonly string[] => [
  ...decisions.map((one) => `${one.subject}: ${one.decision}, counts: ${sayCounted(one)}`),
  ...(waiting?.stands === undefined ? [] : [`so far ${waiting.stands}`]),
];

/** Since what runs in the environment that it waits for, which the evidence says; the checks knew no better than then. */
const writersOf = (view: ReleaseView, evidence: Readonly<Record<string, unknown>>): readonly string[] => {
  const { authors, unknown } = (evidence['authorship'] as Authorship | undefined) ??
    view.authorship ?? { authors: [], unknown: [] };
  return [...authors, ...unknown.map((one) => `${one} (unknown)`)];
};
