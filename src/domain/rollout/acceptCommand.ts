import { canonicalJson } from '../canonical.js';
import { isFenceNumber, MAX_EPOCH } from './acceptEpoch.js';
import type { Fence, TargetCommand } from './types.js';

export type Acceptance =
  | { readonly kind: 'accepted' }
  /** The same command again: it was carried out, its state is the answer. */
  | { readonly kind: 'repeated' }
  | {
      readonly kind: 'refused';
      readonly code: 'stale_command' | 'command_conflict' | 'request_invalid';
      readonly reason: string;
    };

/** Negative where a is older than b, 0 where they are the same; epochs count first. */
export const compareFences = (a: Fence, b: Fence): number => a.epoch - b.epoch || a.seq - b.seq;

/**
 * Whether a target carries a command out: only one with a greater fence than the one that stands. A writer that
 * wakes up late changes nothing. A fence that nothing could follow is none: it would close the target for ever.
 *
 * @param settled an epoch that others know was settled here, whatever the target itself remembers: it may have been
 *   restored from an older copy
 */
export const acceptCommand = (standing: TargetCommand | undefined, command: TargetCommand, settled = 0): Acceptance => {
  if (!isFenceNumber(command.fence.epoch) || !isFenceNumber(command.fence.seq))
    return {
      kind: 'refused',
      code: 'request_invalid',
      reason: `${sayFence(command.fence)}: a fence has two numbers from 0 to ${MAX_EPOCH}`,
    };
  if (command.fence.epoch < settled)
    return {
      kind: 'refused',
      code: 'stale_command',
      reason: `epoch ${settled} was settled here, the command is ${sayFence(command.fence)}`,
    };
  if (standing === undefined) return { kind: 'accepted' };
  const order = compareFences(command.fence, standing.fence);
  if (order > 0) return { kind: 'accepted' };
  if (order < 0) {
    return {
      kind: 'refused',
      code: 'stale_command',
      reason: `${sayFence(standing.fence)} stands, the command is ${sayFence(command.fence)}`,
    };
  }
  return canonicalJson(standing) === canonicalJson(command)
    ? { kind: 'repeated' }
    : {
        kind: 'refused',
        code: 'command_conflict',
        reason: `another command with ${sayFence(command.fence)} was carried out`,
      };
};

export const sayFence = ({ epoch, seq }: Fence): string => `epoch ${epoch}, sequence ${seq}`;
