import type { TargetCommand, TargetState } from '../src/domain/rollout/types.js';
import { whileHeartbeating } from './heartbeat.js';
import type { Ports } from './ports.js';

/** Moves traffic, fenced by (epoch, seq); `stale_command` where a newer command was carried out meanwhile. */
export const createShiftTraffic =
  (ports: Ports) =>
  (command: TargetCommand): Promise<TargetState> =>
    whileHeartbeating(async () => {
      ports.failpoint('shiftTraffic.asked');
      const state = await ports.target(command.environment).apply(command);
      ports.failpoint('shiftTraffic.applied');
      return state;
    });
