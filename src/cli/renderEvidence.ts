import { sayFlaky } from '../domain/build/sayFlaky.js';
import type { StepStory } from '../domain/build/story.js';
import type { GateResult, Metrics } from '../domain/gate/types.js';
import type { Authorship, ReleaseView } from '../domain/release/types.js';
import { describeRollout } from '../domain/rollout/describeRollout.js';
import { short } from './output.js';
import type { ShownRelease } from './renderRelease.js';
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
  steps: readonly StepStory[],
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
          ...(view.rollout === undefined ? [] : [describeRollout(view.rollout)]),
          `Approving lets it enter ${waiting.environment}; \`slipway rollback ${view.model} ${waiting.environment}\` is the way back.`,
        ]),
    `Report: ${reportUrl}`,
  ].join('\n');
};

/** Since what runs in the environment that it waits for, which the evidence says; the checks knew no better than then. */
const writersOf = (view: ReleaseView, evidence: Readonly<Record<string, unknown>>): readonly string[] => {
  const { authors, unknown } = (evidence['authorship'] as Authorship | undefined) ??
    view.authorship ?? { authors: [], unknown: [] };
  return [...authors, ...unknown.map((one) => `${one} (unknown)`)];
};
