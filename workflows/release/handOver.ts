import { allHandlersFinished, condition, continueAsNew, patched, workflowInfo } from '@temporalio/workflow';
import type { ApprovalProgress } from '../../src/domain/approval/progress.js';
import type { ApprovalTiming } from './approvalTiming.js';
import { historyIsLong } from '../historyIsLong.js';
import type { Story } from './story.js';

/** Events beyond which whoever is answered is asked to come back, so that those that come without end cannot hold it up. */
const LAST_EVENTS = 4_000;

/** Characters of statements that the next run is handed as part of one payload; more are looked through before. */
const MAX_CARRIED = 512 * 1024;

/** Has this run of a release that waits heard so much that another one must go on? */
export const mustHandOver = (): boolean =>
  // Releases from before this waited in one run.
  historyIsLong() && patched('waits-hand-over');

/** Somebody waits for an answer, or there is more than a next run can be handed. */
export const isBusy = ({ decisions, glass, view }: Story): boolean =>
  glass.isOpen('approve', view().waiting?.environment ?? '') ||
  decisions.some(({ answered }) => answered === true) ||
  decisions.reduce((sum, { statement }) => sum + statement.length, 0) > MAX_CARRIED;

/**
 * Goes on as a new run once everybody who waits for an answer has one; signals that were not judged go along. Returns
 * where somebody came who must be answered first.
 */
export const handOver = async (
  story: Story,
  timing: ApprovalTiming,
  wait: Omit<ApprovalProgress, 'timing'>,
): Promise<void> => {
  if (workflowInfo().historyLength > LAST_EVENTS) story.close();
  // What is under way to somebody must not be lost; nor may a receiver that is gone hold this up.
  if (!timing.hasTold()) await condition(() => timing.hasTold() || isBusy(story), '1m');
  await condition(() => allHandlersFinished() || isBusy(story));
  if (!allHandlersFinished() || isBusy(story)) return;
  await continueAsNew({ ...story.input, carried: story.carry({ ...wait, timing: timing.progress() }) });
};
