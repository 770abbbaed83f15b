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
/**
 * Bounds of one look: what a payload may have. While a storm comes in faster than it is looked through, the server ends
 * tasks of the workflow that a hundred messages arrived during, and the next one begins with all of its history.
 */
const BATCH: Bounds = { count: 1_000, bytes: 1024 * 1024 };
/** As it was in releases from before this, where a character was counted as a byte. */
const SMALL_BATCH: Bounds = { count: 200, bytes: 256 * 1024 };

interface Bounds {
  readonly count: number;
  readonly bytes: number;
}

/** Refuses what is no decision on this from a storm of messages, and repeats; what is left is worth being judged. */
export const screen = async (
  story: Story,
  { subject, judged }: Pick<ApprovalProgress, 'subject' | 'judged'>,
): Promise<void> => {
  const unscreened = story.decisions.filter(({ screened }) => screened !== true);
  // Releases from before this judged each by itself.
  if (unscreened.length < MANY || !patched('storms-screened')) return;
  const batch = patched('storms-in-large-batches')
    ? batchOf(unscreened, BATCH, jsonBytes)
    : batchOf(unscreened, SMALL_BATCH, ({ length }) => length);
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

const batchOf = (
  arrived: readonly ArrivedDecision[],
  { count, bytes }: Bounds,
  sizeOf: (statement: string) => number,
): readonly ArrivedDecision[] => {
  let size = 0;
  return arrived.slice(0, count).filter(({ statement }) => (size += sizeOf(statement)) <= bytes);
};

/** At most so many bytes of a payload: what is no plain character may be six there. */
const jsonBytes = (statement: string): number => statement.length * (/^[\w.-]*$/.test(statement) ? 1 : 6);

const drop = (story: Story, arrived: ArrivedDecision, refusal: ErrorCode, reason: string): void => {
  const at = story.decisions.indexOf(arrived);
  if (at >= 0) story.decisions.splice(at, 1);
  story.refuse(arrived, refusal, reason);
};
