/** What becomes of a decision that arrived while a release waits for people. */
import { patched, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { JudgedDecision } from '../../activities/verifyDecision.js';
import { decidingRoles } from '../../src/domain/approval/approvalRule.js';
import { tallyDecisions, type ApprovalTally } from '../../src/domain/approval/tallyDecisions.js';
import type { DecisionRecord } from '../../src/domain/release/types.js';
import { decideSignal, environmentId } from '../messages.js';
import { control } from '../retry.js';
import type { ArrivedDecision } from './decisionDesk.js';
import { authorityLost, changesAsked, placeTaken } from './decisionNotices.js';
import { mustHandOver } from './handOver.js';
import type { Story } from './story.js';
import { calledIn, forget, lapse, type Wait } from './wait.js';

const { verifyDecision } = proxyActivities<Activities>(control);

/** In the order of arrival; where a new run must go on, those who wait for an answer first. */
export const takeNext = ({ decisions }: Story): ArrivedDecision | undefined => {
  const first = mustHandOver() ? decisions.findIndex(({ answered }) => answered === true) : 0;
  return decisions.splice(Math.max(0, first), 1)[0];
};

/** Asks whether it counts: who signed what, and may they, now. */
export const verify = (
  story: Story,
  wait: Wait,
  { statement, at: arrivedAt }: ArrivedDecision,
): Promise<JudgedDecision> => {
  const { policy, timing } = wait;
  const { subject, authorship, judged } = wait.progress;
  return verifyDecision.executeWithOptions({ summary: 'judge a decision' }, [
    {
      statement,
      signal: decideSignal.name,
      arrivedAt,
      expireAt: timing.view().expireAt,
      subject,
      roles: decidingRoles(policy),
      ...(policy.inputs === undefined ? {} : { questions: policy.inputs }),
      ...calledIn(wait),
      authorship: story.view().authorship ?? { authors: [], unknown: ['nobody is known'], trigger: '' },
      ...(authorship === undefined ? {} : { shown: authorship }),
      earlier: judged,
      environmentWorkflowId: environmentId(story.model, subject.env),
    },
  ]);
};

/** What became of it, and of earlier ones, is noted and told. */
export const takeIn = (story: Story, wait: Wait, { record, lapsed = [], onRecord }: JudgedDecision): void => {
  const { policy, timing } = wait;
  const { subject } = wait.progress;
  story.record(record);
  timing.tell([...changesAsked(story, subject, record), ...placeTaken(story, subject, record)]);
  for (const lost of lapsed) {
    lapse(story, wait, [lost.jti], 'authority_lapsed', lost.reason);
    timing.tell(authorityLost(story, subject, lost, decidingRoles(policy)));
  }
  if (record.counted) wait.progress = { ...wait.progress, judged: [...wait.progress.judged, record] };
  // Where others than the ledger had to know what counted before, all of it was kept.
  if (onRecord === true) forget(story, wait);
};

/** Where the wait stands now, which whoever sent the decision hears. */
export const standing = (wait: Wait, arrived: ArrivedDecision, record: DecisionRecord): ApprovalTally => {
  const tally = tallyDecisions(wait.policy, wait.progress.judged);
  arrived.done = { record, state: tally.kind, ...(tally.kind === 'waiting' ? { stands: tally.reason } : {}) };
  return tally;
};

/** The release ends while a decision is judged: whoever gave it waits for an answer, and the end for its handler. */
export const cutOff = (story: Story, arrived: ArrivedDecision, judged: DecisionRecord | undefined): void => {
  // Releases from before this left it without one, and never ended.
  if (!patched('cut-off-decisions-answered')) return;
  if (judged === undefined) story.refuse(arrived, 'not_waiting');
  else arrived.done = { record: judged, state: 'waiting' };
};
