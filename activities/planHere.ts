import type { Digest } from '../src/domain/artifact/types.js';
import { hadChampion, ranBefore } from '../src/domain/environment/deploymentAuthority.js';
import type { Place } from '../src/domain/hold/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { movesForward } from '../src/domain/hold/movesForward.js';
import { shareOf, type Share } from '../src/domain/rollout/shareOf.js';
import type { TargetCommand, TargetState } from '../src/domain/rollout/types.js';
import { environmentId, rolloutId } from '../workflows/messages.js';
import { readSpec } from './artifactContents.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import { isGlassOpen } from './glassHere.js';
import { readChain } from './onRecord.js';
import type { Ports } from './ports.js';
import { unauthorised } from './unauthorised.js';

type Known = Pick<TargetState, 'versions'> | undefined;

/**
 * A rollout is told its plan when it is started, and can be started by hand. So at the target's door a version that never
 * ran here gets no more of the traffic than the plan of its own spec gives it by now. The first version of all gets
 * everything: there is nothing to compare it with. What ran here comes back at once.
 */
export const assertPlanned = async (
  ports: Ports,
  known: Known,
  ...commands: readonly TargetCommand[]
): Promise<void> => {
  for (const command of commands) {
    const { fence, versions } = command;
    for (const digest of movesForward(command, known)) {
      const version = versions.find(({ artifactDigest }) => artifactDigest === digest);
      const champion = servingBeside(known, digest);
      if (version === undefined || !(version.weight > 0) || champion === undefined) continue;
      const { weight } = version;
      const share = await shareHere(ports, command, { epoch: fence.epoch, digest, weight, champion });
      if (share.kind === 'refused') throw refusal(command, fence.epoch, digest, weight, share.reason);
      // Two people let it pass what it waits for: that is time, and never a look that did not pass.
      if (share.kind === 'held' && !(await isGlassOpen(ports, command, version)))
        throw new SlipwayError(
          'environment_held',
          `${digest} does not get ${weight} % of ${command.environment} yet: ${share.reason}`,
          { holds: [], changesAt: share.until },
        );
    }
  }
};

/** What is written down as deployed must have come that far: later it comes back without being asked anything. */
export const assertPassedWhole = async (
  ports: Ports,
  place: Place,
  known: Known,
  { epoch, digest }: { readonly epoch: number; readonly digest: Digest },
): Promise<void> => {
  const now = known?.versions.find(({ artifactDigest }) => artifactDigest === digest)?.weight ?? 0;
  if (now >= 100) return;
  const share = await shareHere(ports, place, { epoch, digest, weight: 100 });
  if (share.kind !== 'free') throw refusal(place, epoch, digest, 100, share.reason);
};

const servingBeside = (known: Known, digest: Digest): Digest | undefined =>
  known?.versions.find(({ artifactDigest, weight }) => artifactDigest !== digest && weight > 0)?.artifactDigest;

const shareHere = async (
  ports: Ports,
  { model, environment }: Place,
  share: { readonly epoch: number; readonly digest: Digest; readonly weight: number; readonly champion?: Digest },
): Promise<Share> => {
  const { epoch, digest, ...asked } = share;
  const ran = await readChain(ports, environmentId(model, environment));
  // Where a ledger was lost nothing says which of two is on its way out: traffic must still be given back.
  if (ranBefore(ran, digest) || !hadChampion(ran)) return { kind: 'free' };
  const { environments } = await readSpec(ports.store, digest);
  const rollout = environments.find(({ name }) => name === environment)?.rollout;
  if (rollout?.strategy !== 'canary') return { kind: 'free' };
  const entries = await readChain(ports, rolloutId(model, environment, epoch));
  return shareOf({ ...asked, candidate: digest, rollout, entries, digestOf });
};

const refusal = ({ environment }: Place, epoch: number, digest: Digest, weight: number, reason: string): SlipwayError =>
  unauthorised(`${digest} may not have ${weight} % of ${environment} yet: ${reason}`, {
    ...{ artifactDigest: digest, environment, epoch },
  });
