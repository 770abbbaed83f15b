/** One look at a model's repository, started by its Schedule. A new commit on the branch alone starts a release. */
import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { SourceWatchInput } from './messages.js';
import { polling } from './retry.js';

const { pollSource } = proxyActivities<Activities>(polling);

export interface SourceWatchResult {
  readonly commit: string;
  readonly releaseId: string;
  readonly started: boolean;
}

export async function sourceWatch({ model }: SourceWatchInput): Promise<SourceWatchResult> {
  const seen = await pollSource.executeWithOptions({ summary: `head of ${model}` }, [{ model }]);
  setCurrentDetails(
    seen.started
      ? `New commit \`${seen.commit.slice(0, 12)}\`: started \`${seen.releaseId}\``
      : `Nothing new: \`${seen.commit.slice(0, 12)}\` was seen before`,
  );
  return seen;
}
