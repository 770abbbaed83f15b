import { sayAsked } from '../bake/sayAsked.js';
import { askingOf } from '../approval/asking.js';
import { decidingRoles } from '../approval/approvalRule.js';
import { standingDecisions } from '../approval/tallyDecisions.js';
import { plainText } from '../markdown/plainText.js';
import { sayCalled, sayLadder } from '../approval/sayLadder.js';
import { sayBypasses, sayGlassAsked } from '../urgency/bypasses.js';
import { sayHold } from '../hold/sayHold.js';
import { sayAwaited } from './sayAwaited.js';
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
    ...awaited(sayAwaited(view, instant)),
    ...awaited(sayAsked(view, instant)),
    ...heldBack(view),
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

const waiting = ({ model, waiting: wait, decisions }: ReleaseView): readonly string[] => {
  if (wait === undefined) return [];
  const { done, ahead } = sayLadder(wait, instant);
  // Waits that began before it was kept do not say where they stand; of two asks, only this one counts.
  const given = standingDecisions(decisions).filter(({ decision }) => decision === 'approve').length;
  const soFar = wait.stands === undefined ? `${given} so far` : `so far ${plainText(wait.stands)}`;
  const groups = (wait.groups ?? []).map(({ quorum, roles }) => ` (${quorum} by ${roles.map(plainText).join(' or ')})`);
  return [
    '',
    `Waits for ${wait.quorum === 1 ? 'an approval' : `${wait.quorum} approvals`} by ${decidingRoles(wait).map(plainText).join(' or ')}${groups.join('')} ` +
      `${askingOf(wait.subject.gate) === 'review' ? 'of its hotfix in' : 'to enter'} ${plainText(wait.environment)} since ${instant(wait.since)} (${soFar}, ${wait.reminders} reminders).`,
    '',
    ...sayCalled(wait).map((line) => `- ${plainText(line)}`),
    ...done.map((line) => `- done: ${plainText(line)}`),
    ...ahead.map((line, index) => `- ${index === 0 ? 'next' : 'then'}: ${plainText(line)}`),
    '',
    `To decide: \`slipway approve ${plainText(model)}\` or \`slipway reject ${plainText(model)}\`; or send what \`--print-token\` prints as the signal \`decide\`.`,
    ...unreachableOf(wait).map((line) => `\n${plainText(line)}`),
  ];
};

const awaited = (said: ReturnType<typeof sayAwaited>): readonly string[] => {
  if (said === undefined) return [];
  return ['', plainText(said.what), '', ...said.ways.map(({ command, does }) => `- ${code(command)} ${does}`)];
};

const heldBack = (view: ReleaseView): readonly string[] => [
  ...(view.held?.holds ?? []).flatMap((hold) => [
    '',
    `Held back from ${plainText(view.held?.environment ?? '')} by ${plainText(sayHold(hold))}.`,
  ]),
  ...[...sayBypasses(view), ...sayGlassAsked(view)].flatMap((line) => ['', plainText(line)]),
];

/** To be copied: with nothing in it that breaks a line, or ends it as code. */
const code = (command: string): string => `\`${command.replace(/[^\w./ -]/g, '')}\``;

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
