import { plainText } from '../markdown/plainText.js';
import type { AwaitedWord, GivenWord, RolloutView } from './types.js';

/** Markdown for Temporal's current details: where the traffic is, and what each step's analysis found. */
export const renderRollout = (view: RolloutView): string =>
  [
    `**${view.model}** in **${view.environment}**, epoch ${view.epoch}: **${view.status}** at ${view.weight} %`,
    ...(view.held === undefined ? [] : ['', plainText(view.held)]),
    ...(view.paused === undefined ? [] : ['', plainText(`paused by ${view.paused.by}: ${view.paused.reason}`)]),
    ...(view.awaits === undefined ? [] : ['', sayAwaited(view.awaits)]),
    ...(view.steps.length === 0
      ? []
      : [
          '',
          '| Step | Weight | Requests | Verdict | Reason |',
          '|---|---|---|---|---|',
          ...view.steps.map(
            (step) =>
              `| ${step.phase ?? step.step + 1} | ${step.weight} % | ${step.requests} | ${step.verdict} | ${plainText(step.reason)} |`,
          ),
        ]),
    ...(view.words ?? []).map((word) => `\n${sayWord(word)}`),
  ].join('\n');

const sayAwaited = ({ step, roles, until }: AwaitedWord): string =>
  `Step ${step + 1} has passed, and waits until one of ${roles.map(plainText).join(', ')} lets it go on; on ${new Date(until).toISOString().slice(0, 16).replace('T', ' ')} UTC all traffic goes back.`;

const sayWord = ({ step, by, reason }: GivenWord): string =>
  `Behind step ${step + 1} ${plainText(by)} let it go on: ${plainText(reason)}`;
