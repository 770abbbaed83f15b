import { setTimeout as delay } from 'node:timers/promises';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { Digest } from '../src/domain/artifact/types.js';
import type { ObservedVersion, TargetCommand, TargetState } from '../src/domain/rollout/types.js';
import { assertAuthority } from './deploymentAuthority.js';
import { assertNotHeld } from './holdsHere.js';
import { whileHeartbeating } from './heartbeat.js';
import type { Ports } from './ports.js';

export interface DeployVersionInput {
  readonly command: TargetCommand;
  readonly artifactDigest: Digest;
  /** How long the model server may take until it is ready, milliseconds. */
  readonly readyWithinMs: number;
  /** Carried out once the version is ready: an immediate rollout shifts all traffic here. */
  readonly then?: TargetCommand;
}

const POLL_MS = 100;

/**
 * Brings a version up beside what runs and waits until its own server says that it serves exactly this digest.
 * Commands are fenced, so a second run finds the first one's work.
 */
export const createDeployVersion =
  (ports: Ports) =>
  (input: DeployVersionInput): Promise<TargetState> =>
    whileHeartbeating(async (signal) => {
      await assertAuthority(ports, input.command, ...(input.then === undefined ? [] : [input.then]));
      const target = ports.target(input.command.environment);
      let state = await target.apply(input.command);
      ports.failpoint('deployVersion.applied');
      const deadline = Date.now() + input.readyWithinMs;
      for (;;) {
        const version = state.versions.find((candidate) => candidate.artifactDigest === input.artifactDigest);
        if (version?.ready === true) {
          const confirmed = confirm(version, state, input.artifactDigest);
          if (input.then === undefined) return confirmed;
          // A freeze may have opened while it came up.
          await assertNotHeld(ports, state, input.then);
          return await target.apply(input.then);
        }
        if (Date.now() > deadline) {
          throw new SlipwayError(
            'version_unready',
            `${input.artifactDigest} was not ready in ${input.readyWithinMs / 1000} s: ${version?.reason ?? 'no reason given'}`,
          );
        }
        await delay(target.lookEveryMs ?? POLL_MS, undefined, { signal });
        state = await observeOrFail(ports, input.command);
      }
    });

const observeOrFail = async (ports: Ports, command: TargetCommand): Promise<TargetState> => {
  const state = await ports.target(command.environment).observe(command.model, command.environment);
  if (state === undefined)
    throw new SlipwayError('target_unreachable', `${command.environment} has forgotten ${command.model}`);
  const { epoch, seq } = state.fence;
  if (epoch > command.fence.epoch || (epoch === command.fence.epoch && seq > command.fence.seq)) {
    throw new SlipwayError(
      'stale_command',
      `${command.environment} is at ${epoch}.${seq}, this command is ${command.fence.epoch}.${command.fence.seq}`,
    );
  }
  return state;
};

const confirm = (version: ObservedVersion, state: TargetState, expected: Digest): TargetState => {
  if (version.servedDigest !== expected) {
    throw new SlipwayError(
      'served_digest_mismatch',
      `the server answers for ${version.servedDigest ?? 'nothing'}, deployed was ${expected}`,
    );
  }
  return state;
};
