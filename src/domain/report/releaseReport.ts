import { askingOf } from '../approval/asking.js';
import { sayRule } from '../approval/approvalRule.js';
import { sayInputs, sayOptional, sayQuestion, type InputQuestions } from '../approval/inputs.js';
import { sayCounted, sayDecision } from '../approval/sayCounted.js';
import type { Prospect } from '../approval/prospect.js';
import type { StepStory } from '../build/story.js';
import type { ReleaseView, StageView } from '../release/types.js';
import { unreachableOf } from '../release/unreachable.js';
import { sayBypasses, sayGlassAsked } from '../urgency/bypasses.js';
import { sayDuration } from '../sayDuration.js';
import { checkSection } from './checkSection.js';
import { EVIDENCE_STYLE } from './evidenceStyle.js';
import { gateSection, type GateStage } from './gateSection.js';
import { CHART_STYLE } from './histogramChart.js';
import { escapeHtml, number, page, table, verdictMark } from './html.js';
import { prospectSection } from './prospectSection.js';
import { rolloutSection, type RolloutStory } from './rolloutSection.js';
import { stepSection } from './stepSection.js';
import { summarySection } from './summarySection.js';

type Evidence = Readonly<Record<string, unknown>>;

export interface ReportStories {
  /** How traffic moved; known at the end. */
  readonly rollouts?: readonly RolloutStory[];
  /** What became of the steps of the build. */
  readonly steps?: readonly StepStory[];
  /** What approving would change; of a release that waits. */
  readonly prospect?: Prospect;
}

/**
 * The page a reviewer decides from: outcome, what is awaited, gates in short and with their numbers, champion beside
 * candidate, curves, slices, training beside serving data, checks, steps, smoke tests, lineage, and every decision. `evidence` is the content of `evidence.json`, or empty before.
 */
export const renderReleaseReport = (
  view: ReleaseView,
  evidence: Evidence,
  { rollouts = [], steps = [], prospect }: ReportStories = {},
): string => {
  const stages = (evidence['stages'] ?? {}) as Readonly<Record<string, Evidence>>;
  const gates = named(stages, 'gate') as readonly (readonly [string, GateStage])[];
  return page(
    `${view.model} ${view.commit.slice(0, 12)}`,
    [
      heading(view),
      EVIDENCE_STYLE,
      CHART_STYLE,
      summarySection(view, gates, steps),
      prospectSection(prospect),
      rolloutSection(rollouts),
      ...gates.map(([environment, stage]) => gateSection(environment, stage)),
      checkSection(stages['integrate']),
      stepSection(steps),
      smokeSection(stages),
      stageSection(view.stages),
      decisionSection(view),
      overrideSection(view),
      lineageSection(view, stages['package']),
    ].join('\n'),
  );
};

const heading = (
  view: ReleaseView,
): string => `<h1>${escapeHtml(view.model)}: release of <code>${escapeHtml(view.commit.slice(0, 12))}</code></h1>
<p>${verdictMark(view.outcome ?? (view.waiting === undefined ? 'running' : 'waiting')).html} ${escapeHtml(view.reason ?? '')}</p>
${
  view.waiting === undefined
    ? ''
    : `<p>Waits since ${when(view.waiting.since)} for ${escapeHtml(sayRule(view.waiting))} to ${askingOf(view.waiting.subject.gate) === 'review' ? 'review its hotfix in' : 'let it enter'} ${escapeHtml(view.waiting.environment)}; expires ${when(view.waiting.expireAt)}.${unreachableOf(
        view.waiting,
      )
        .map((line) => ` ${escapeHtml(line)}.`)
        .join('')}</p>`
}
${inputSection(view.waiting?.inputs)}
${changedSection(view.waiting?.changed)}
${[...sayBypasses(view), ...sayGlassAsked(view)].map((line) => `<p>${escapeHtml(line)}</p>`).join('\n')}
<p class="soft">Started ${when(view.startedAt)} by ${escapeHtml(view.trigger.by)} (${escapeHtml(view.trigger.kind)}). Written by ${escapeHtml((view.authorship?.authors ?? []).join(', ') || 'nobody known')}.</p>`;

/** What whoever approves is asked besides. */
const inputSection = (questions: InputQuestions | undefined): string =>
  questions === undefined
    ? ''
    : table(
        'Asked of whoever approves',
        ['Input', 'Answer', 'What'],
        Object.entries(questions).map(([name, question]) => [
          name,
          [sayQuestion(question), sayOptional(question)].filter(Boolean).join('; '),
          question.description,
        ]),
      );

const changedSection = (changed: NonNullable<ReleaseView['waiting']>['changed']): string =>
  changed === undefined
    ? ''
    : `<p>What was decided before ${when(changed.at)} is void:</p><ul>${changed.changes.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>`;

const smokeSection = (stages: Readonly<Record<string, Evidence>>): string => {
  const rows = named(stages, 'verify').map(([name, smoke]) => [
    name,
    verdictMark(String(smoke['verdict'])),
    number(smoke['rows']),
    number(smoke['maxDifference']),
    String(smoke['reason']),
  ]);
  return rows.length === 0
    ? ''
    : `<h2>Smoke tests</h2>${table('Real rows over HTTP', ['Environment', 'Verdict', 'Rows', 'Largest difference', 'Why'], rows)}`;
};

const stageSection = (stages: readonly StageView[]): string =>
  `<h2>Stages</h2>${table(
    'In order',
    ['Stage', 'Environment', 'Status', 'Took', 'Why'],
    stages.map((stage) => [
      stage.name,
      stage.environment,
      verdictMark(stage.status),
      stage.startedAt === undefined || stage.endedAt === undefined ? '' : sayDuration(stage.endedAt - stage.startedAt),
      stage.reason,
    ]),
  )}`;

const decisionSection = (view: ReleaseView): string =>
  view.decisions.length === 0
    ? ''
    : `<h2>Decisions</h2>${table(
        'Also those that did not count',
        ['When', 'Who', 'Decision', 'Counted', 'Reason'],
        view.decisions.map((record) => [
          when(record.at),
          record.subject,
          sayDecision(record),
          sayCounted(record),
          [sayInputs(record.inputs), record.reason].filter(Boolean).join('; '),
        ]),
      )}`;

/** For ever: whoever reads the report years later sees that a freeze was passed, by whom and why. */
const overrideSection = ({ overrides = [] }: ReleaseView): string =>
  overrides.length === 0
    ? ''
    : `<h2>Freezes overridden</h2>${table(
        'That this release was let pass',
        ['When', 'Who', 'Freeze', 'Environment', 'Reason'],
        overrides.map(({ at, by, freeze, environment, reason }) => [when(at), by, freeze, environment, reason]),
      )}`;

const lineageSection = (view: ReleaseView, packaged: Evidence | undefined): string => {
  const lineage = packaged?.['lineage'] as Readonly<Record<string, unknown>> | undefined;
  const told = (value: unknown): string => JSON.stringify(value ?? {});
  const rows = [
    ['commit', view.commit],
    ['artifact', view.artifactDigest],
    ['evidence, the same as JSON', view.evidenceDigest],
    ['params', told(lineage?.['params'] ?? view.params)],
    // Nothing is known of them before the artifact was packaged.
    ...(lineage === undefined
      ? []
      : [
          ['data', told(lineage['data'])],
          ['environment', told(lineage['environment'])],
          ['licence', String(lineage['licence'] ?? 'not stated')],
        ]),
  ].filter(([, value]) => value !== undefined);
  return `<h2>Lineage</h2>${table('Where it comes from', ['What', 'Value'], rows)}`;
};

/** Stages of one kind with their environment: `gate.staging` is [staging, …]. */
const named = (stages: Readonly<Record<string, Evidence>>, kind: string): readonly (readonly [string, Evidence])[] =>
  Object.entries(stages)
    .filter(([name]) => name.startsWith(`${kind}.`))
    .map(([name, stage]) => [name.slice(kind.length + 1), stage] as const);

const when = (at: number): string => new Date(at).toISOString().replace('T', ' ').slice(0, 19) + ' UTC';
