import { activityInfo } from '@temporalio/activity';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';

/**
 * What is written into a stream of the ledger is asked for by the workflow of that name: from the side nobody takes the single
 * use of a decision, or an entry's ID, away from it, and nobody tells what came of something that it did not do.
 */
export const assertOwnStream = (stream: string): void => {
  const asking = activityInfo().workflowExecution?.workflowId;
  if (asking !== stream)
    throw new SlipwayError('record_mismatch', `${asking ?? 'nobody'} asks for what is ${stream}'s`);
};
