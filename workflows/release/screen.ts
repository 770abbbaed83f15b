import { patched, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { ApprovalProgress } from '../../src/domain/approval/progress.js';
import type { ErrorCode } from '../../src/domain/errors/table.js';
import { control } from '../retry.js';
import type { ArrivedDecision } from './decisionDesk.js';
import type { Story } from './story.js';

const { screenDecisions } = proxyActivities<Activities>(control);

/** So many at once are no people: they are looked through together before one is judged by itself. */
const MANY = 20;
const MAX_BATCH = 200;
/** Characters of one batch. */
const MAX_LENGTH = 256 * 1024;

/** Refuses what is no decision on this from a storm of messages, and repeats; what is left is worth being judged. */
export const screen = async (
  story: Story,
  { subject, judged }: Pick<ApprovalProgress, 'subject' | 'judged'>,
): Promise<void> => {
  const unscreened = story.decisions.filter(({ screened }) => screened !== true);
  // Releases from before this judged each by itself.
  if (unscreened.length < MANY || !patched('storms-screened')) return;
  const batch = batchOf(unscreened);
  const answers = await screenDecisions.executeWithOptions({ summary: `look through ${batch.length} messages` }, [
    { statements: batch.map(({ statement }) => statement), subject },
  ]);
  const known = new Set(judged.map(({ jti }) => jti));
  batch.forEach((arrived, at) => {
    const answer = answers[at];
    if (answer === undefined) return;
    if ('refusal' in answer) drop(story, arrived, answer.refusal as ErrorCode, answer.refusalReason);
    else if (known.has(answer.jti)) drop(story, arrived, 'statement_used', 'the same decision came more than once');
    else {
      known.add(answer.jti);
      arrived.screened = true;
    }
  });
};

const batchOf = (arrived: readonly ArrivedDecision[]): readonly ArrivedDecision[] => {
  let length = 0;
  return arrived.slice(0, MAX_BATCH).filter(({ statement }) => (length += statement.length) <= MAX_LENGTH);
};

const drop = (story: Story, arrived: ArrivedDecision, refusal: ErrorCode, reason: string): void => {
  const at = story.decisions.indexOf(arrived);
  if (at >= 0) story.decisions.splice(at, 1);
  story.refuse(arrived, refusal, reason);
};
