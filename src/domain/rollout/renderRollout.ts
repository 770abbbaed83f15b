import { plainText } from '../markdown/plainText.js';
import type { RolloutView } from './types.js';

/** Markdown for Temporal's current details: where the traffic is, and what each step's analysis found. */
export const renderRollout = (view: RolloutView): string =>
  [
    `**${view.model}** in **${view.environment}**, epoch ${view.epoch}: **${view.status}** at ${view.weight} %`,
    ...(view.held === undefined ? [] : ['', plainText(view.held)]),
    ...(view.paused === undefined ? [] : ['', plainText(`paused by ${view.paused.by}: ${view.paused.reason}`)]),
    ...(view.steps.length === 0
      ? []
      : [
          '',
          '| Step | Weight | Requests | Verdict | Reason |',
          '|---|---|---|---|---|',
          ...view.steps.map(
            (step) =>
              `| ${step.step + 1} | ${step.weight} % | ${step.requests} | ${step.verdict} | ${plainText(step.reason)} |`,
          ),
        ]),
  ].join('\n');
