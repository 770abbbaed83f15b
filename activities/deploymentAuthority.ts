import type { Version } from '../src/domain/artifact/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { epochFault, highestEpoch, leapFault } from '../src/domain/rollout/acceptEpoch.js';
import type { TargetCommand, TargetState } from '../src/domain/rollout/types.js';
import { environmentId } from '../workflows/messages.js';
import { environmentState } from './environmentState.js';
import { isGlassOpen } from './glassHere.js';
import { assertNotHeld } from './holdsHere.js';
import type { Ports } from './ports.js';
import type { Place } from '../src/domain/hold/types.js';
import { assertPassedWhole, assertPlanned } from './planHere.js';
import { unauthorised } from './unauthorised.js';
import { assertMayRetire, assertMayRun } from './versionAuthority.js';

type Known = Pick<TargetState, 'fence' | 'versions'> | undefined;

/**
 * Workflows can be started and signalled by whoever reaches the engine, so what they ask for is no authority. Before a
 * target is told anything, every version that it does not have yet must be one that may run there, and a new epoch one
 * that the arbiter gave out. What the target has was judged when it came: to give traffic back asks nobody. To take the last
 * version away asks whether another was ever deployed.
 */
export const assertAuthority = async (ports: Ports, ...commands: readonly TargetCommand[]): Promise<void> => {
  const [first] = commands;
  if (first === undefined) return;
  const { model, environment } = first;
  // One target has many models: what is held against one of them must not be carried out for another.
  const stray = commands.find((command) => command.model !== model || command.environment !== environment);
  if (stray !== undefined)
    throw unauthorised(`what is to follow in ${environment} is of another place than what comes first`, {
      environment,
    });
  const known = await ports.target(environment).observe(model, environment);
  await assertEpoch(ports, first, Math.max(...commands.map(({ fence }) => fence.epoch)), known);
  const last = commands.find((command) => command.versions.length === 0);
  // Done already, and its answer lost: a repeat takes nothing away.
  const isLeft = known?.versions.length === 0 && known.fence.epoch === last?.fence.epoch;
  if (last !== undefined) await assertMayRetire(ports, last, last.fence.epoch, isLeft ? undefined : Date.now());
  const versions = new Map(commands.flatMap((command) => command.versions.map((one) => [one.artifactDigest, one])));
  for (const version of versions.values()) if (!has(known, version)) await assertMayEnter(ports, first, version);
  await assertPlanned(ports, known, ...commands);
  await assertNotHeld(ports, known, ...commands);
};

/** What is recorded as deployed is what later rollbacks may lead to, and where later epochs begin. */
export const assertRecordable = async (
  ports: Ports,
  {
    model,
    environment,
    epoch,
    deployed,
    retired,
  }: Place & { readonly epoch: number; readonly deployed?: Version; readonly retired?: true },
): Promise<void> => {
  const known = await observeIfThere(ports, model, environment);
  const fault = leapFault(epoch, await remembered(ports, { model, environment }, known, epoch));
  if (fault !== undefined) throw unauthorised(fault, { environment, epoch });
  if (retired === true) await assertLeft(ports, { model, environment }, epoch);
  if (deployed === undefined) return;
  const place = { model, environment };
  if (!has(known, deployed)) await assertMayEnter(ports, place, deployed);
  await assertPassedWhole(ports, place, known, { epoch, digest: deployed.artifactDigest });
};

/**
 * That nothing runs any more the target itself has to say: a record of it lets the next version in like a first one, and
 * ends what looks after the one that runs.
 */
const assertLeft = async (ports: Ports, place: Place, epoch: number): Promise<void> => {
  await assertMayRetire(ports, place, epoch);
  const known = await ports.target(place.environment).observe(place.model, place.environment);
  if (known === undefined || known.versions.length === 0) return;
  throw unauthorised(`${place.environment} was not left: the target is at epoch ${known.fence.epoch}, and serves`, {
    environment: place.environment,
    epoch,
  });
};

/** Also where two people broke the glass for it. */
const assertMayEnter = (ports: Ports, { model, environment }: Place, version: Version): Promise<void> => {
  const place = { model, environment };
  return assertMayRun(ports, place, version, () => isGlassOpen(ports, place, version));
};

const has = (known: Known, { artifactDigest }: Version): boolean =>
  known?.versions.some((one) => one.artifactDigest === artifactDigest) === true;

/** A later command of a passage that the target knows is ordered by the target itself. */
const assertEpoch = async (ports: Ports, { model, environment }: Place, epoch: number, known: Known): Promise<void> => {
  if (epoch <= (known?.fence.epoch ?? -1)) return;
  const arbiter = (await environmentState(ports, environmentId(model, environment)))?.epoch;
  const fault = epochFault(epoch, {
    ...(arbiter === undefined ? {} : { arbiter }),
    remembered: await remembered(ports, { model, environment }, known, epoch),
  });
  if (fault === undefined) return;
  const wayOut = `if that is an honest passage, terminate ${environmentId(model, environment)}: it begins anew above what ledger and target remember`;
  throw unauthorised(`${fault}; ${wayOut}`, { environment, epoch, arbiter });
};

/** The ledger is read only where the target's own memory does not explain the epoch. */
const remembered = async (
  { ledger }: Ports,
  { model, environment }: Place,
  known: Known,
  epoch: number,
): Promise<number> => {
  const target = known?.fence.epoch ?? 0;
  if (leapFault(epoch, target) === undefined) return target;
  return Math.max(target, highestEpoch(await ledger.read(environmentId(model, environment)), target));
};

/** A record must not wait for a target that is away: then the other sources have to say enough. */
const observeIfThere = async (ports: Ports, model: string, environment: string): Promise<Known> => {
  try {
    return await ports.target(environment).observe(model, environment);
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'target_unreachable') return undefined;
    throw error;
  }
};
