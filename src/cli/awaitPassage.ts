import { setTimeout as delay } from 'node:timers/promises';
import type { Version } from '../domain/artifact/types.js';
import type { DeploymentEntry } from '../domain/environment/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { TargetState } from '../domain/rollout/types.js';
import type { ApiClient } from './apiClient.js';
import type { Cli } from './context.js';

export type Ended = Pick<DeploymentEntry, 'requestId' | 'outcome' | 'reason'>;

interface Place {
  readonly champion?: Version;
  readonly serving?: TargetState | null;
  readonly history?: readonly Ended[];
}

export interface AwaitedPassage {
  readonly requestId: string;
  /** How it ends where it comes to what was asked for. */
  readonly as: Ended['outcome'];
  readonly isSo: (place: Place, ended: Ended | undefined) => boolean;
  /** Shown while it is waited for. */
  readonly progress: string;
  /** What is not so, where it takes longer. */
  readonly late: (thanThis: string) => string;
}

const WITHIN_MS = 120_000;

/**
 * Waits until arbiter and target say that it is so; the passage where it ended otherwise.
 *
 * Errors: `timed_out`.
 */
export const awaitPassage = async (
  cli: Cli,
  api: ApiClient,
  path: string,
  { requestId, as, isSo, progress, late }: AwaitedPassage,
): Promise<Ended | undefined> => {
  const deadline = Date.now() + WITHIN_MS;
  for (;;) {
    const place = await api.get<Place>(path);
    const ended = place.history?.find((entry) => entry.requestId === requestId);
    const isOver = ended !== undefined && ended.outcome !== as;
    if (isOver || isSo(place, ended)) {
      cli.out.endProgress();
      return isOver ? ended : undefined;
    }
    if (Date.now() > deadline) throw new SlipwayError('timed_out', late(`${WITHIN_MS / 1000} s`));
    cli.out.progress(progress);
    await delay(200);
  }
};

/** As of a release that ends so. */
const EXITS: Readonly<Partial<Record<Ended['outcome'], number>>> = { rolled_back: 11, refused: 3 };

export const exitOf = ({ outcome }: Ended): number => EXITS[outcome] ?? 1;
