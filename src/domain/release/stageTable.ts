import type { ReleaseView, StageStatus, StageView } from './types.js';

const MARK: Readonly<Record<StageStatus, string>> = {
  pending: '·',
  running: '▶',
  waiting: '⏸',
  passed: '✓',
  failed: '✗',
  skipped: '–',
};

const MAX_REASON = 300;

/**
 * Markdown for Temporal's current details: outcome, what is awaited, and one row per stage. Everything that comes
 * from outside is escaped to plain text: no HTML, images, links, or broken tables whatever a commit says.
 */
export const renderStageTable = (view: ReleaseView): string =>
  [
    `**${plain(view.model)}** commit \`${view.commit.replace(/[^0-9a-zA-Z]/g, '').slice(0, 12)}\`, ${headline(view)}`,
    ...waiting(view),
    '',
    '| | Stage | Environment | Status | Took | Reason |',
    '|---|---|---|---|---|---|',
    ...view.stages.map(row),
  ].join('\n');

const headline = (view: ReleaseView): string => {
  if (view.outcome !== undefined) return `**${view.outcome}**: ${plain(view.reason ?? '')}`;
  const current = view.stages.find((stage) => stage.status === 'running' || stage.status === 'waiting');
  if (current === undefined) return 'under way';
  return `**${current.status}**: ${current.name}${current.environment === undefined ? '' : ` in ${plain(current.environment)}`}`;
};

const waiting = ({ waiting: wait, decisions }: ReleaseView): readonly string[] => {
  if (wait === undefined) return [];
  const approvals = decisions.filter((decision) => decision.counted && decision.decision === 'approve').length;
  return [
    '',
    `Waits for ${wait.quorum === 1 ? 'an approval' : `${wait.quorum} approvals`} by ${wait.roles.map(plain).join(' or ')} ` +
      `to enter ${plain(wait.environment)} (${approvals} so far, ${wait.reminders} reminders); ` +
      `next reminder ${instant(wait.remindAt)}, expires ${instant(wait.expireAt)}.`,
  ];
};

const row = (stage: StageView): string => {
  const status =
    stage.verdict === undefined || stage.verdict === 'pass'
      ? stage.status
      : `${stage.status} (${plain(stage.verdict)})`;
  const cells = [
    MARK[stage.status],
    stage.name,
    plain(stage.environment ?? ''),
    status,
    took(stage),
    plain(stage.reason ?? ''),
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

/** Text with everything that Markdown or HTML would act on made harmless, on one line. */
const plain = (text: string): string => {
  const line = text.replace(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
  const short = line.length > MAX_REASON ? `${line.slice(0, MAX_REASON - 1)}…` : line;
  return short
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_{}[\]()#|~!]/g, (character) => `\\${character}`)
    .replace(/(https?|ftp):\/\//gi, '$1&#58;//')
    .replace(/\bwww\./gi, 'www&#46;')
    .replace(/@/g, '&#64;');
};
