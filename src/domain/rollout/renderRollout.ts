import type { RolloutView } from './types.js';

/** Markdown for Temporal's current details: where the traffic is, and what each step's analysis found. */
export const renderRollout = (view: RolloutView): string =>
  [
    `**${view.model}** in **${view.environment}**, epoch ${view.epoch}: **${view.status}** at ${view.weight} %`,
    ...(view.steps.length === 0
      ? []
      : [
          '',
          '| Step | Weight | Requests | Verdict | Reason |',
          '|---|---|---|---|---|',
          ...view.steps.map(
            (step) =>
              `| ${step.step + 1} | ${step.weight} % | ${step.requests} | ${step.verdict} | ${plain(step.reason)} |`,
          ),
        ]),
  ].join('\n');

/** Feature names come from a model repository: no Markdown or HTML of theirs is rendered. */
const plain = (text: string): string =>
  text
    .replace(/[\r\n]+/g, ' ')
    .replace(/[\\`*_{}[\]<>()#|!~&]/g, (mark) => `\\${mark}`)
    .slice(0, 300);
