import type { Digest } from '../src/domain/artifact/types.js';
import { hadChampion, ranBefore } from '../src/domain/environment/deploymentAuthority.js';
import type { Place } from '../src/domain/hold/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { movesForward } from '../src/domain/hold/movesForward.js';
import { releaseOf, shareOf, sinceShare, type Share, type ShareQuestion } from '../src/domain/rollout/shareOf.js';
import { phasesOf } from '../src/domain/rollout/phases.js';
import { pauseInForce, saySteered, steeringOnRecord } from '../src/domain/rollout/steering.js';
import type { TargetCommand, TargetState, TargetVersion } from '../src/domain/rollout/types.js';
import type { RolloutSpec } from '../src/domain/spec/types.js';
import type { LedgerEntry } from '../src/ports/ledger.js';
import { environmentId, rolloutId } from '../workflows/messages.js';
import { readSpec } from './artifactContents.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import { isGlassOpen } from './glassHere.js';
import { readChain } from './onRecord.js';
import type { Ports } from './ports.js';
import { unauthorised } from './unauthorised.js';
import { wordHere } from './wordHere.js';

type Known = Pick<TargetState, 'versions'> | undefined;

/**
 * A rollout is told its plan when it is started, and can be started by hand. So at the target's door a version that never
 * ran here gets no more of the traffic than the plan of its own spec gives it by now, and what it keeps beside it stays for
 * as long as that says. The first version of all gets everything: there is nothing to compare it with. What ran here comes
 * back at once.
 */
export const assertPlanned = async (
  ports: Ports,
  known: Known,
  ...commands: readonly TargetCommand[]
): Promise<void> => {
  for (const command of commands) {
    const forward = movesForward(command, known);
    for (const version of command.versions.filter(({ weight }) => weight > 0)) {
      const { artifactDigest: digest, weight } = version;
      const asked = { epoch: command.fence.epoch, digest };
      const champion = servingBeside(known, digest);
      if (champion !== undefined && forward.includes(digest))
        await assertFree(ports, command, version, await shareHere(ports, command, { ...asked, weight, champion }));
      for (const dropped of droppedBy(command, known, digest)) {
        const share = await orGoesOn(shareHere(ports, command, { ...asked, champion: dropped }));
        await assertFree(ports, command, version, share);
      }
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
  const asked = { epoch, digest };
  const now = known?.versions.find(({ artifactDigest }) => artifactDigest === digest)?.weight ?? 0;
  if (now < 100) {
    const share = await shareHere(ports, place, { ...asked, weight: 100 });
    if (share.kind !== 'free') throw refusal(place, epoch, digest, 100, share.reason);
  }
  const release = await orGoesOn(shareHere(ports, place, asked));
  // Where nothing is kept any more its time was over, or two people let it be.
  const keeps = known?.versions.some(({ artifactDigest }) => artifactDigest !== digest) === true;
  if (release.kind === 'refused' || (release.kind === 'held' && keeps))
    throw refusal(place, epoch, digest, 100, release.reason);
};

const assertFree = async (
  ports: Ports,
  { fence, ...place }: TargetCommand,
  version: TargetVersion,
  share: Share,
): Promise<void> => {
  const { artifactDigest: digest, weight } = version;
  if (share.kind === 'refused') throw refusal(place, fence.epoch, digest, weight, share.reason);
  // Two people let it pass what it waits for: that is time, and never a look that did not pass.
  if (share.kind === 'held' && !(await isGlassOpen(ports, place, version)))
    throw new SlipwayError(
      'environment_held',
      `${digest} does not get ${weight} % of ${place.environment} yet: ${share.reason}`,
      { holds: [], changesAt: share.until },
    );
};

const servingBeside = (known: Known, digest: Digest): Digest | undefined =>
  known?.versions.find(({ artifactDigest, weight }) => artifactDigest !== digest && weight > 0)?.artifactDigest;

/** Other versions that run there, and that the command takes away: whatever role they were given, that is only a word. */
const droppedBy = ({ versions }: TargetCommand, known: Known, digest: Digest): readonly Digest[] =>
  (known?.versions ?? [])
    .map(({ artifactDigest }) => artifactDigest)
    .filter((running) => running !== digest && versions.every((one) => one.artifactDigest !== running));

/** To take away what has no traffic moves none: that must not wait for a store that is away, or has lost the artifact. */
const orGoesOn = (asked: Promise<Share>): Promise<Share> =>
  asked.catch((error: unknown) => {
    if (error instanceof SlipwayError && ['store_unreachable', 'artifact_unknown'].includes(error.code))
      return { kind: 'free' };
    throw error;
  });

/** @param share without a weight it is asked whether what ran before may go */
const shareHere = async (
  ports: Ports,
  { model, environment }: Place,
  share: { readonly epoch: number; readonly digest: Digest; readonly weight?: number; readonly champion?: Digest },
): Promise<Share> => {
  const { epoch, digest, weight, ...beside } = share;
  const ran = await readChain(ports, environmentId(model, environment));
  // Where a ledger was lost nothing says which of two is on its way out: traffic must still be given back.
  if (ranBefore(ran, digest) || !hadChampion(ran)) return { kind: 'free' };
  const { environments } = await readSpec(ports.store, digest);
  const rollout = environments.find(({ name }) => name === environment)?.rollout;
  if (rollout === undefined || rollout.strategy === 'immediate') return { kind: 'free' };
  const entries = await readChain(ports, rolloutId(model, environment, epoch));
  const asked = { ...beside, candidate: digest, rollout, entries, digestOf };
  if (weight === undefined) return releaseOf(asked);
  const stopped = stoppedBy(entries);
  if (stopped !== undefined) return stopped;
  return shareOf({ ...asked, weight, ...(await wordsHere(ports, { model, environment }, digest, rollout, entries)) });
};

/** Then it is looked at again, if nobody says sooner that a pause is over. */
const LOOK_AGAIN_MS = 3_600_000;

/** People paused or aborted this rollout, as the API wrote it: a message that says otherwise is only a message. */
const stoppedBy = (entries: readonly LedgerEntry[]): Share | undefined => {
  const said = steeringOnRecord(entries);
  const aborted = said.find(({ kind }) => kind === 'abort');
  if (aborted !== undefined) return { kind: 'refused', reason: `it was ${saySteered(aborted)}` };
  const pause = pauseInForce(said);
  return pause && { kind: 'held', reason: `it was ${saySteered(pause)}`, until: Date.now() + LOOK_AGAIN_MS };
};

/** Who let it go on behind each step that asks for that. */
const wordsHere = async (
  ports: Ports,
  place: Place,
  digest: Digest,
  rollout: RolloutSpec,
  entries: readonly LedgerEntry[],
): Promise<Pick<ShareQuestion, 'wordFault'>> => {
  const faults = new Map<number, string>();
  for (const phase of phasesOf(rollout)) {
    const { index, step } = phase;
    if (step.approve === undefined) continue;
    const said = sinceShare(entries, digest, phase);
    const word = await wordHere(ports, place, {
      ...{ entries: said, artifactDigest: digest, step: index, approve: step.approve },
    });
    if (word.kind === 'missing')
      faults.set(index, word.refused.length === 0 ? 'nobody said so' : word.refused.join('; '));
  }
  return { wordFault: (step) => faults.get(step) };
};

const refusal = ({ environment }: Place, epoch: number, digest: Digest, weight: number, reason: string): SlipwayError =>
  unauthorised(`${digest} may not have ${weight} % of ${environment} yet: ${reason}`, {
    ...{ artifactDigest: digest, environment, epoch },
  });
