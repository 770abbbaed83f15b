import type { Version } from '../src/domain/artifact/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { stretchesFrom } from '../src/domain/hold/configuredFreezes.js';
import { holdsAt, noticeOf } from '../src/domain/hold/holdsAt.js';
import { FREEZE_OVERRIDDEN } from '../src/domain/hold/ledger.js';
import { movesForward } from '../src/domain/hold/movesForward.js';
import { overrideFault, overrideInputs } from '../src/domain/hold/overrideFault.js';
import { passageEnd } from '../src/domain/hold/passageEnd.js';
import { readHolds } from '../src/domain/hold/readHolds.js';
import { sayHold } from '../src/domain/hold/sayHold.js';
import type { Hold, HoldNotice, OverrideNotice, Place } from '../src/domain/hold/types.js';
import { signedDecision } from '../src/domain/ledger/judgeDecision.js';
import { pusherOnRecord } from '../src/domain/release/onRecord.js';
import type { TargetCommand, TargetState } from '../src/domain/rollout/types.js';
import { environmentId } from '../workflows/messages.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import { isGlassOpen } from './glassHere.js';
import type { Ports } from './ports.js';
import { authorsHere } from './releaseAuthors.js';
import { ranHere, readChain } from './onRecord.js';

export interface HoldsHere {
  /** What keeps this version out now; none: it may go on. */
  readonly inForce: readonly HoldNotice[];
  /** Freezes that somebody let it pass. */
  readonly overridden: readonly OverrideNotice[];
  /** When this may be different without anybody doing anything. */
  readonly changesAt?: number;
}

/** What holds this version back from here, by the operator's file and the ledger; nobody is believed a word by message. */
export const holdsHere = async (ports: Ports, place: Place, version: Version): Promise<HoldsHere> => {
  const now = Date.now();
  const sources = {
    freezes: ports.settings.freezes ?? [],
    stretchesOf: stretchesFrom((...asked) => ports.calendar.windows(...asked), now),
    readStream: (stream: string) => readChain(ports, stream),
  };
  const { inForce, changesAt } = holdsAt(await readHolds(sources, place), place, now);
  const overridden = inForce.length === 0 ? [] : await overridesOf(ports, place, version, inForce);
  const left = inForce.filter(({ id }) => !overridden.some(({ freeze }) => freeze === id));
  const broken = left.length > 0 && (await isGlassOpen(ports, place, version));
  return {
    inForce: broken ? [] : left.map(noticeOf),
    overridden,
    ...(changesAt === undefined ? {} : { changesAt }),
  };
};

/**
 * At the target's door, whatever a workflow was told: a command that brings a version further which never ran here is
 * refused while something holds it. What ran here may always come back.
 */
export const assertNotHeld = async (
  ports: Ports,
  known: Pick<TargetState, 'versions'> | undefined,
  ...commands: readonly TargetCommand[]
): Promise<void> => {
  for (const command of commands) {
    const { model, environment } = command;
    const place = { model, environment };
    for (const digest of movesForward(command, known)) {
      const version = command.versions.find(({ artifactDigest }) => artifactDigest === digest);
      if (version === undefined) continue;
      const { inForce, changesAt } = await holdsHere(ports, place, version);
      if (inForce.length === 0 || (await ranHere(ports, place, digest))) continue;
      throw new SlipwayError(
        'environment_held',
        `${environment} takes no new version of ${model} now: ${inForce.map(sayHold).join('; ')}`,
        { holds: inForce, ...(changesAt === undefined ? {} : { changesAt }) },
      );
    }
  }
};

const overridesOf = async (
  ports: Ports,
  place: Place,
  version: Version,
  inForce: readonly Hold[],
): Promise<readonly OverrideNotice[]> => {
  const own = await readChain(ports, version.releaseId);
  const written = own.filter(
    ({ kind, body }) => kind === FREEZE_OVERRIDDEN && body['environment'] === place.environment,
  );
  if (written.length === 0) return [];
  // The same for every override of it, and some of it is asked of a Git host.
  const usedAt = passageEnd(await readChain(ports, environmentId(place.model, place.environment)), version.releaseId);
  const identities = await ports.directory.identities();
  const authorship = await authorsHere(ports, place, { releaseId: version.releaseId, trigger: pusherOnRecord(own) });
  const counting: OverrideNotice[] = [];
  for (const entry of written) {
    const freeze = inForce.find(({ id }) => id === entry.body['freeze']);
    const claims = await signedDecision(entry, (statement) => ports.decisions.verify(statement));
    if (freeze === undefined || claims === undefined) continue;
    const fault = overrideFault({
      claims,
      freeze,
      inputsDigest: digestOf(overrideInputs(freeze)),
      place,
      version,
      audience: ports.settings.installation,
      identities,
      authorship,
      at: entry.at,
      ...(usedAt === undefined ? {} : { usedAt }),
    });
    if (fault !== undefined) continue;
    counting.push({
      freeze: freeze.id,
      environment: place.environment,
      by: claims.sub,
      reason: claims.reason,
      at: entry.at,
    });
  }
  return counting;
};
