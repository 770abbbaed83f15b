import { championWorseHere } from '../gate/constantModel.js';
import type { StepStory } from '../build/story.js';
import type { ReleaseView, StageView } from '../release/types.js';
import type { MetricName } from '../spec/metrics.js';
import { sayDifference } from './differenceChart.js';
import type { GateStage } from './gateSection.js';
import { escapeHtml, number, verdictMark } from './html.js';
import { sayFlaky } from '../build/sayFlaky.js';
import { sayServing } from './servingSection.js';

/**
 * What a person needs to know before everything else: what failed, what passed only when tried again, do the gates pass, what does not, is it better than
 * what serves, and than a guess.
 */
export const summarySection = (
  { stages, outcome, reason }: Pick<ReleaseView, 'stages' | 'outcome' | 'reason'>,
  gates: readonly (readonly [environment: string, GateStage])[],
  steps: readonly StepStory[],
): string => {
  const failed = isEnded(outcome)
    ? [`<li>${verdictMark(outcome).html} ${escapeHtml(reason?.split('\n')[0] ?? '')}</li>`]
    : stages.filter((stage) => stage.status === 'failed').map(sayFailed);
  const flaky = steps
    .filter((story) => story.flaky)
    .map((story) => `<li>${verdictMark('flaky').html} ${escapeHtml(sayFlaky(story))}</li>`);
  if (gates.length === 0 && failed.length === 0 && flaky.length === 0) return '';
  const lines = gates.flatMap(([environment, stage]) => [
    `<li>${verdictMark(stage.verdict).html} Gates ${escapeHtml(environment)}: ${escapeHtml(sayRules(stage))}</li>`,
    ...troubles(stage).map((reason) => `<li class="inner">${escapeHtml(reason)}</li>`),
  ]);
  const last = gates.at(-1)?.[1];
  const compared =
    last === undefined
      ? []
      : [
          sayChampion(last),
          ...sayGuess(last),
          ...sayMoved(last),
          ...(last.drift === undefined ? [] : [sayServing(last.drift)]),
        ];
  return `<section class="short"><h2>In short</h2><ul>${failed.join('')}${flaky.join('')}${lines.join('')}${compared.map((text) => `<li>${escapeHtml(text)}</li>`).join('')}</ul></section>`;
};

/** By somebody or something newer: the stage that was under way did not fail. */
const isEnded = (outcome: ReleaseView['outcome']): boolean =>
  outcome !== undefined && ['superseded', 'cancelled', 'expired'].includes(outcome);

/** Before all that passed: it is why the release ended so. Reasons of commands are long, and below in full. */
const sayFailed = ({ name, environment, reason = '' }: StageView): string =>
  `<li>${verdictMark('failed').html} ${escapeHtml(`${name}${environment === undefined ? '' : ` in ${environment}`}: ${reason.split('\n')[0]?.slice(0, 400) ?? ''}`)}</li>`;

const sayGuess = ({ evidence }: GateStage): readonly string[] => {
  const [skill, base] = [evidence?.metrics.brier_skill, evidence?.constant?.metrics.brier];
  if (skill === undefined || base === undefined) return [];
  return [
    `Beside a constant that says the training data's rate of every row (brier ${number(base)}): skill ${(skill * 100).toFixed(1)} %${skill <= 0 ? ', no better than knowing nothing' : ''}.`,
  ];
};

const sayMoved = ({ evidence }: GateStage): readonly string[] => {
  const moved = evidence === undefined ? undefined : championWorseHere(evidence);
  return moved === undefined ? [] : [moved];
};

const sayRules = ({ results = [] }: GateStage): string => {
  const rules = results.flatMap((result) => result.rules);
  const passed = rules.filter((rule) => rule.verdict === 'pass').length;
  const skipped = rules.filter((rule) => rule.verdict === 'skipped').length;
  return `${passed} of ${rules.length} rules pass${skipped === 0 ? '' : `, ${skipped} had nothing to compare with`}`;
};

const troubles = ({ results = [] }: GateStage): readonly string[] => [
  ...new Set(
    results.flatMap((result) =>
      result.rules
        .filter((rule) => rule.verdict !== 'pass' && rule.verdict !== 'skipped')
        .map((rule) => `${rule.verdict}: ${rule.rule}: ${rule.reason}`),
    ),
  ),
];

const sayChampion = ({ evidence }: GateStage): string => {
  const champion = evidence?.champion;
  if (evidence === undefined || champion === undefined) return 'There is no champion yet to compare it with.';
  const said = (Object.keys(champion.differences ?? {}) as MetricName[]).flatMap((metric) => {
    const [own, theirs] = [evidence.metrics[metric], champion.metrics[metric]];
    if (own === undefined || theirs === undefined) return [];
    const says = sayDifference({ metric, value: own - theirs, interval: champion.differences?.[metric] });
    return [{ metric, says, text: `${metric} ${number(own)} (champion ${number(theirs)})` }];
  });
  const those = (says: string): string =>
    said
      .filter((one) => one.says === says)
      .map((one) => one.text)
      .join(', ') || 'nothing';
  return said.length === 0
    ? 'There are too few blocks of time to say how it differs from the champion.'
    : `Beside the champion, on the same ${evidence.rows} rows: better in ${those('better')}; worse in ${those('worse')}; ${those('differs') === 'nothing' ? '' : `other than it in ${those('differs')}; `}no difference is shown in the rest.`;
};
