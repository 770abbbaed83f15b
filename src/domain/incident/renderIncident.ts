import type { IncidentView } from './types.js';

const TIMELINE = 20;

/** Markdown for Temporal's current details: what is wrong, who knows, what is done about it. */
export const renderIncident = (view: IncidentView): string =>
  [
    `**${plain(view.kind)}** of **${plain(view.subject)}**: ${view.model} in ${view.environment}: **${view.status}**`,
    '',
    `- owner: ${plain(view.owner)}`,
    `- acknowledged: ${view.acknowledgedBy === undefined ? 'nobody yet' : `by ${plain(view.acknowledgedBy)}`}`,
    `- remediation: ${view.remediation === undefined ? 'not decided' : `${view.remediation.action}: ${plain(view.remediation.outcome ?? view.remediation.reason)}`}`,
    ...(view.resolution === undefined ? [] : [`- resolution: ${plain(view.resolution)}`]),
    '',
    '| When | What |',
    '|---|---|',
    ...view.timeline
      .slice(-TIMELINE)
      .map(({ at, text }) => `| ${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} | ${plain(text)} |`),
  ].join('\n');

/** Names and reasons come from model repositories and people: none of their Markdown or HTML is rendered. */
const plain = (text: string): string =>
  text
    .replace(/[\r\n]+/g, ' ')
    .replace(/[\\`*_{}[\]<>()#|!~&]/g, (mark) => `\\${mark}`)
    .slice(0, 300);
