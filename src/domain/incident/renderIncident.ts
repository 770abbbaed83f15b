import { plainText } from '../markdown/plainText.js';
import type { IncidentView } from './types.js';

const TIMELINE = 20;

/** Markdown for Temporal's current details: what is wrong, who knows, what is done about it. */
export const renderIncident = (view: IncidentView): string =>
  [
    `**${plainText(view.kind)}** of **${plainText(view.subject)}**: ${view.model} in ${view.environment}: **${view.status}**`,
    '',
    `- owner: ${plainText(view.owner)}`,
    `- acknowledged: ${view.acknowledgedBy === undefined ? 'nobody yet' : `by ${plainText(view.acknowledgedBy)}`}`,
    `- remediation: ${view.remediation === undefined ? 'not decided' : `${view.remediation.action}: ${plainText(view.remediation.outcome ?? view.remediation.reason)}`}`,
    ...(view.resolution === undefined ? [] : [`- resolution: ${plainText(view.resolution)}`]),
    '',
    '| When | What |',
    '|---|---|',
    ...view.timeline
      .slice(-TIMELINE)
      .map(({ at, text }) => `| ${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} | ${plainText(text)} |`),
  ].join('\n');
