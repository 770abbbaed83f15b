import { CancellationScope, patched, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import { countRefusal, NOTHING_REFUSED, type RefusalCount } from '../../src/domain/approval/countRefusal.js';
import { delivery } from '../retry.js';

const { notify } = proxyActivities<Activities>(delivery);

export interface RefusalAlert {
  /** Another message was refused. */
  refused(code: string): void;
  carry(): RefusalCount;
}

/** Tells the operators, once, that a release gets more messages refused than people send by mistake. */
export const openRefusalAlert = (releaseId: string, model: string, carried?: RefusalCount): RefusalAlert => {
  let count = carried ?? NOTHING_REFUSED;
  // Made before anything that may be cancelled: an alert outlives the wait that it came from.
  const telling = new CancellationScope();
  return {
    refused: (code) => {
      const now = Date.now();
      const counted = countRefusal(count, now);
      count = counted.count;
      // Releases from before this did not count.
      if (!counted.alert || !patched('refusals-alerted')) return;
      const { total } = count;
      telling
        .run(() =>
          notify.executeWithOptions({ summary: 'tell operators: decisions_refused' }, [
            {
              id: `${releaseId}/refused/${total}`,
              kind: 'decisions_refused',
              to: 'operator',
              subject: `${model} gets many decisions that do not count`,
              body: `${total} messages to ${releaseId} were refused so far, the last one as ${code}. Run: slipway release show ${releaseId}`,
              data: { releaseId, total, code },
            },
          ]),
        )
        .catch(() => undefined);
    },
    carry: () => count,
  };
};
