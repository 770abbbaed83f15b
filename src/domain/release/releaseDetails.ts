import { plainText } from '../markdown/plainText.js';
import type { ReleaseView } from './types.js';

type Started = Pick<ReleaseView, 'model' | 'commit' | 'order' | 'trigger' | 'params'>;

/** Markdown for the details that a release's workflow is started with: what it is of, why, and how to decide on it. */
export const releaseDetails = ({ model, commit, order, trigger, params }: Started): string =>
  [
    `Release of **${plainText(model)}**, commit \`${commit}\`, position ${order} on its branch.`,
    `Started by **${plainText(trigger.by)}** (${trigger.kind})${trigger.reason === undefined ? '.' : `: ${plainText(trigger.reason)}`}`,
    ...Object.entries(params).map(([name, value]) => `- ${plainText(name)}: ${plainText(String(value))}`),
    `Where it stands is under Current Details. When it waits for a decision, have one signed by \`slipway approve ${model} --print-token --as <identity>\`, and send what it prints as the signal \`decide\`: More Actions, Send a Signal.`,
  ].join('\n\n');
