import { log } from '@temporalio/activity';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { SHIFTED } from '../src/domain/rollout/shareOf.js';
import type { TargetCommand, TargetState } from '../src/domain/rollout/types.js';
import { rolloutId } from '../workflows/messages.js';
import { assertAuthority } from './deploymentAuthority.js';
import { whileHeartbeating } from './heartbeat.js';
import type { Ports } from './ports.js';

/** Moves traffic, fenced by (epoch, seq); `stale_command` where a newer command was carried out meanwhile. */
export const createShiftTraffic =
  (ports: Ports) =>
  (command: TargetCommand): Promise<TargetState> =>
    whileHeartbeating(async () => {
      ports.failpoint('shiftTraffic.asked');
      await assertAuthority(ports, command);
      const state = await ports.target(command.environment).apply(command);
      ports.failpoint('shiftTraffic.applied');
      await recordShift(ports, command);
      return state;
    });

/** Traffic is moved whether or not it can be written down now: to give it back must not wait for the store. */
const recordShift = async (
  { ledger }: Pick<Ports, 'ledger'>,
  { model, environment, fence, versions }: TargetCommand,
): Promise<void> => {
  const weights = versions.map(({ artifactDigest, releaseId, weight, role }) => ({
    artifactDigest,
    releaseId,
    weight,
    role,
  }));
  try {
    await ledger.append(rolloutId(model, environment, fence.epoch), `shifted/${fence.seq}`, SHIFTED, Date.now(), {
      seq: fence.seq,
      weights,
    });
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    log.warn('a shift of traffic is not in the ledger', { environment, fence, reason: error.message });
  }
};
