import type { Digest } from '../src/domain/artifact/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { ErrorCode } from '../src/domain/errors/table.js';
import { compareFences } from '../src/domain/rollout/acceptCommand.js';
import { MEASURED } from '../src/domain/rollout/beforeSwitch.js';
import type { Fence } from '../src/domain/rollout/types.js';
import { rolloutId } from '../workflows/messages.js';
import { assertOwnStream } from './assertOwnStream.js';
import { putJson } from './documents.js';
import { whileHeartbeating } from './heartbeat.js';
import type { Ports } from './ports.js';

export interface MeasureChampionInput {
  readonly model: string;
  readonly environment: string;
  /** The last command of the rollout so far; of a first one the number before it. */
  readonly fence: Fence;
  readonly champion: Digest;
}

/**
 * Keeps what the champion's counters say before a switch, which takes all traffic from it: the look behind the switch has
 * nothing else to compare with. Counted since the command that stands; of two runs the first counts, and one that wakes up
 * behind the switch finds a champion without traffic, and keeps nothing.
 */
export const createMeasureChampion =
  (ports: Ports) =>
  ({ model, environment, fence, champion }: MeasureChampionInput): Promise<void> =>
    whileHeartbeating(async () => {
      const stream = rolloutId(model, environment, fence.epoch);
      assertOwnStream(stream);
      // A target that was never told anything has counted nothing.
      const measured = await unless('not_found', ports.target(environment).measure(model, environment));
      const own = measured?.counters.find(({ artifactDigest }) => artifactDigest === champion);
      if (measured === undefined || own === undefined || compareFences(measured.since, fence) > 0) return;
      const evidence = await putJson(ports.store, { kind: 'champion', champion, measured });
      const { epoch: since, seq } = measured.since;
      const body = { champion, requests: own.requests, evidence };
      await unless('entry_taken', ports.ledger.append(stream, `measured/${since}.${seq}`, MEASURED, Date.now(), body));
    });

const unless = async <T>(code: ErrorCode, asked: Promise<T>): Promise<T | undefined> => {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof SlipwayError && error.code === code) return undefined;
    throw error;
  }
};
