import { workflowInfo } from '@temporalio/workflow';

/** Limits of our own, well below the server's: 51,200 events, 50 MB. */
const MAX_EVENTS = 1_500;
const MAX_BYTES = 2 * 1024 * 1024;

/** Has this run of a workflow heard so much that another one should go on? */
export const historyIsLong = (): boolean => {
  const { historyLength, historySize, continueAsNewSuggested } = workflowInfo();
  return continueAsNewSuggested || historyLength > MAX_EVENTS || historySize > MAX_BYTES;
};
