import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { Replaced } from '../../activities/placeTaken.js';
import type { ReleasePlan } from '../../src/domain/release/plan.js';
import { delivery } from '../retry.js';
import { ReleaseEnd } from './releaseEnd.js';
import type { Story } from './story.js';

const { notify } = proxyActivities<Activities>(delivery);

/** What it really lost is beyond its limit, or nobody knows and its spec or its owners say that it goes then. */
export class Refuted extends Error {}

export const replacedBy = ({ by, how }: Replaced): ReleaseEnd =>
  how === 'newer'
    ? new ReleaseEnd('superseded', `${by} took its place before enough labels were there`)
    : new ReleaseEnd('rolled_back', `${by} was put back before enough labels were there`);

interface Told {
  readonly environment: string;
  /** Whether owners are asked something, and the how-manieth time; absent: they are told what became of it. */
  readonly asks?: number;
  readonly what: string;
  readonly reason: string;
}

/** An owner that no notification reaches is no reason to leave a version where it is. */
export const tellOwners = async (
  { releaseId, model }: Story,
  { owners }: ReleasePlan,
  { environment, asks, what, reason }: Told,
): Promise<void> => {
  const about = asks === undefined ? `bake.${environment}` : `bake.${environment}/asks/${asks}`;
  const short = releaseId.replace(/^release\//, '');
  for (const to of owners)
    await notify
      .executeWithOptions({ summary: `tell ${to}: its version ${what}` }, [
        {
          id: `${releaseId}/${about}/${to}`,
          kind: asks === undefined ? 'release_ended' : 'bake_asks',
          to,
          subject: `${model} in ${environment} ${what}`,
          body: `${reason}\nRun: slipway release ${asks === undefined ? `show ${releaseId}` : `confirm ${short}, or slipway release revert ${short}`}`,
          data: { releaseId, environment, reason },
        },
      ])
      .catch(() => undefined);
};

export const utc = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
