import type { EnvironmentState } from '../domain/environment/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { Place } from '../domain/hold/types.js';
import { packagedLast } from '../domain/release/lastFound.js';
import { decideSteering, type Asked, type SteeredPassage } from '../domain/rollout/decideSteering.js';
import { maySteer } from '../domain/rollout/maySteer.js';
import { askedSteps } from '../domain/rollout/phases.js';
import { rolloutOnRecord } from '../domain/rollout/rolloutOnRecord.js';
import { STEERED, type Steered, type Steering } from '../domain/rollout/steering.js';
import type { RolloutView } from '../domain/rollout/types.js';
import {
  abortSignal,
  lookSignal,
  pauseSignal,
  promoteSignal,
  resumeSignal,
  rolloutId,
  rolloutStateQuery,
} from '../../workflows/messages.js';
import type { LedgerEntry } from '../ports/ledger.js';
import { specOf } from '../recovery/specOf.js';
import { authorsOnRecord } from './authorsOnRecord.js';
import { readEnvironment } from './environmentStatus.js';
import { orAbsent } from './known.js';
import type { ServerPorts } from './ports.js';
import { readChain } from './readChain.js';

export interface Word extends Asked, Pick<Steered, 'reason'> {
  /** Roles that the word is open to. */
  readonly roles: readonly string[];
}

export interface Heard {
  /** False: it was so already. */
  readonly changed: boolean;
  /** Why the ledger does not have it. */
  readonly unrecorded?: string;
}

const SIGNALS: Readonly<Record<Steering, { readonly name: string }>> = {
  pause: pauseSignal,
  resume: resumeSignal,
  promote: promoteSignal,
  abort: abortSignal,
};

/** To stop, and to go back, must not wait for the store. */
const isSafe = ({ word }: Asked): boolean => word === 'pause' || word === 'abort';

/**
 * Says something to the rollout under way: judged, written down, and only then sent. What the rollout, or the target's door,
 * does with it rests on what is written down, and a word that was lost on its way is sent again by whoever repeats it.
 */
export const steerRollout = async (ports: ServerPorts, place: Place, word: Word): Promise<Heard> => {
  const active = (await readEnvironment(ports, place.model, place.environment))?.active;
  const passage = active === undefined ? undefined : await passageOf(ports, place, active, word);
  const decided = decideSteering(word, passage);
  if (decided.kind === 'refused')
    throw new SlipwayError(decided.code, `${place.model} in ${place.environment}: ${decided.reason}`);
  if (active === undefined || passage === undefined) return { changed: false };
  await assertMay(ports, place, active, word, decided.kind === 'nothing' ? undefined : decided.step);
  if (decided.kind === 'nothing') return { changed: false };
  const { word: kind, by, reason } = word;
  const step = decided.step === undefined ? {} : { step: decided.step };
  const id = rolloutId(place.model, place.environment, active.epoch);
  if (decided.kind === 'again') {
    const before = passage.said.findLast((one) => one.kind === kind);
    await tell(ports, id, kind, { by: before?.by ?? by, reason: before?.reason ?? reason, ...step });
    return { changed: false };
  }
  const written = await write(ports, id, decided.entryId, { kind, by, reason, at: ports.now(), ...step }, isSafe(word));
  await tell(ports, id, kind, { by, reason, ...step });
  return written;
};

const passageOf = async (
  ports: ServerPorts,
  { model, environment }: Place,
  { epoch, request }: NonNullable<EnvironmentState['active']>,
  word: Word,
): Promise<SteeredPassage> => {
  const id = rolloutId(model, environment, epoch);
  const [view, entries] = await Promise.all([
    orAbsent(ports.workflows.query<RolloutView>(id, rolloutStateQuery.name)),
    readChain(ports, id).catch((error: unknown) => {
      if (isSafe(word) && error instanceof SlipwayError) return [];
      throw error;
    }),
  ]);
  const { shifts, said } = rolloutOnRecord(entries, request.version.artifactDigest);
  const shifted = shifts.at(-1)?.weight;
  return {
    immediate: request.rollout.strategy === 'immediate',
    said,
    ...(view === undefined ? {} : { view }),
    ...(shifted === undefined ? {} : { shifted }),
  };
};

const assertMay = async (
  ports: ServerPorts,
  place: Place,
  active: NonNullable<EnvironmentState['active']>,
  word: Word,
  step: number | undefined,
): Promise<void> => {
  const entries = isSafe(word) ? [] : await releaseOf(ports, active);
  const authorship = isSafe(word) ? undefined : await authorsOnRecord(ports, entries);
  const asked = step === undefined ? [] : await askedBehind(ports, place, entries, step);
  const standing = maySteer({
    ...{ word: word.word, name: word.by, roles: [...word.roles, ...asked], place },
    identities: await ports.directory.identities(),
    ...(authorship === undefined ? {} : { authorship }),
  });
  if (!standing.ok) throw new SlipwayError(standing.code, standing.reason);
};

/** Roles that the spec of the release asks for a word behind this step. */
const askedBehind = async (
  { store }: ServerPorts,
  { environment }: Place,
  entries: readonly LedgerEntry[],
  step: number,
): Promise<readonly string[]> => {
  // Where it cannot be read nobody is known to be named, and operators may all the same.
  const spec = await specOf(store, entries).catch(() => undefined);
  const rollout = spec?.environments.find(({ name }) => name === environment)?.rollout;
  if (rollout === undefined) return [];
  return askedSteps(rollout).find(({ index }) => index === step)?.approve.roles ?? [];
};

/** The stream of the release that made this artifact: whoever reaches Temporal can answer as an arbiter. */
const releaseOf = async (
  ports: ServerPorts,
  { request: { version } }: NonNullable<EnvironmentState['active']>,
): Promise<readonly LedgerEntry[]> => {
  const entries = await readChain(ports, version.releaseId);
  const packaged = packagedLast(entries);
  if (packaged !== version.artifactDigest)
    throw new SlipwayError(
      'subject_unproven',
      `the rollout says that it brings ${version.artifactDigest}; the ledger has ${String(packaged ?? 'nothing')} as what ${version.releaseId} packaged last`,
    );
  return entries;
};

const write = async (
  { ledger }: ServerPorts,
  stream: string,
  entryId: string,
  { kind, ...body }: Steered,
  safe: boolean,
): Promise<Heard> => {
  try {
    await ledger.append(stream, entryId, STEERED[kind], body.at, { ...body });
    await ledger.checkpoint([stream]);
    return { changed: true };
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    // Somebody said the same in the same moment.
    if (error.code === 'entry_taken') return { changed: false };
    if (!safe) throw error;
    return { changed: true, unrecorded: `${error.code}: ${error.message}` };
  }
};

const tell = async (ports: ServerPorts, id: string, kind: Steering, message: object): Promise<void> => {
  try {
    await ports.workflows.signal(id, SIGNALS[kind].name, message);
    // The target's door may have held it for the pause.
    if (kind === 'resume') await ports.workflows.signal(id, lookSignal.name, {});
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'not_found') throw error;
    throw new SlipwayError('rollout_idle', `${id} ended in this moment: \`slipway rollout show\` says how`);
  }
};
