import { log } from '@temporalio/activity';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { ReleaseView } from '../src/domain/release/types.js';
import { assertOwnStream } from './assertOwnStream.js';
import { releaseKey } from './documents.js';
import type { Ports } from './ports.js';

/** The end of a release, as the status of its commit at the Git host; only its own workflow says how it ended. */
export const createReportRelease =
  (ports: Ports) =>
  async (view: ReleaseView): Promise<void> => {
    assertOwnStream(view.releaseId);
    await ports.source
      .setStatus(view.repository, view.commit, {
        context: 'slipway/release',
        state: view.outcome === 'promoted' || view.outcome === 'provisional' ? 'success' : 'failure',
        description: `${view.outcome ?? 'ended'}: ${(view.reason ?? '').split('\n')[0] ?? ''}`.slice(0, 140),
        url: `${ports.settings.apiUrl}/api/v1/releases/${releaseKey(view.releaseId)}/report`,
      })
      .catch(forgive);
  };

/** A commit that the host no longer has can be told nothing: the release has ended all the same. */
const forgive = (error: unknown): void => {
  if (!(error instanceof SlipwayError) || error.retryable) throw error;
  log.warn('the status of the commit was not reported', { reason: error.message });
};
