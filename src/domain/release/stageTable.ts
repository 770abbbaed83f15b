import { plainText } from '../markdown/plainText.js';
import { unreachableOf } from './unreachable.js';
import type { ReleaseView, StageStatus, StageView } from './types.js';

const MARK: Readonly<Record<StageStatus, string>> = {
  pending: '·',
  running: '▶',
  waiting: '…',
  passed: '✓',
  failed: '✗',
  skipped: '–',
};

/**
 * Markdown for Temporal's current details: outcome, what is awaited, and one row per stage. Everything that comes
 * from outside is made plain text.
 */
export const renderStageTable = (view: ReleaseView): string =>
  [
    `**${plainText(view.model)}** commit \`${view.commit.replace(/[^0-9a-zA-Z]/g, '').slice(0, 12)}\`, ${headline(view)}`,
    ...waiting(view),
    '',
    '| | Stage | Status | Took | Reason |',
    '|---|---|---|---|---|',
    ...view.stages.map(row),
  ].join('\n');

const headline = (view: ReleaseView): string => {
  if (view.outcome !== undefined) return `**${view.outcome}**: ${plainText(view.reason ?? '')}`;
  const current = view.stages.find((stage) => stage.status === 'running' || stage.status === 'waiting');
  if (current === undefined) return 'under way';
  return `**${current.status}**: ${current.name}${current.environment === undefined ? '' : ` in ${plainText(current.environment)}`}`;
};

const waiting = ({ waiting: wait, decisions }: ReleaseView): readonly string[] => {
  if (wait === undefined) return [];
  const approvals = decisions.filter((decision) => decision.counted && decision.decision === 'approve').length;
  return [
    '',
    `Waits for ${wait.quorum === 1 ? 'an approval' : `${wait.quorum} approvals`} by ${wait.roles.map(plainText).join(' or ')} ` +
      `to enter ${plainText(wait.environment)} (${approvals} so far, ${wait.reminders} reminders); ` +
      `next reminder ${instant(wait.remindAt)}, expires ${instant(wait.expireAt)}.`,
    ...unreachableOf(wait).map((line) => `\n${plainText(line)}`),
  ];
};

/** The Web UI puts no room between columns, and breaks lines in the narrowest. */
const GAP = '\u00a0';

const row = (stage: StageView): string => {
  const status =
    stage.verdict === undefined || stage.verdict === 'pass'
      ? stage.status
      : `${stage.status} (${plainText(stage.verdict)})`;
  const place = stage.environment === undefined ? '' : ` in ${plainText(stage.environment)}`;
  const cells = [
    MARK[stage.status],
    `${stage.name}${place}`.replaceAll(' ', GAP) + GAP,
    `${status}${GAP}`,
    took(stage).replace(' ', GAP) + GAP,
    plainText(stage.reason ?? ''),
  ];
  return `| ${cells.join(' | ')} |`;
};

const took = ({ startedAt, endedAt }: StageView): string => {
  if (startedAt === undefined || endedAt === undefined) return '';
  const seconds = Math.max(0, endedAt - startedAt) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} d`;
};

const instant = (at: number): string => (Math.abs(at) <= 8.64e15 ? utc(at) : 'never');

const utc = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
