import { readHolds } from '../domain/hold/readHolds.js';
import { configuredFreezes, stretchesFrom } from '../domain/hold/configuredFreezes.js';
import { holdsOnRecord, HOLD_KEYS, holdStream, type HoldScope } from '../domain/hold/ledger.js';
import { isAbout } from '../domain/hold/holdsAt.js';
import type { Hold, Place } from '../domain/hold/types.js';
import { environmentId, lookSignal } from '../../workflows/messages.js';
import { eachOf, orAbsent } from './known.js';
import type { ServerPorts } from './ports.js';
import { readChain } from './readChain.js';

const WIDTH = 8;

const stretchesOf = ({ calendar, now }: ServerPorts) => stretchesFrom((...asked) => calendar.windows(...asked), now());

/** Every hold of a place, by the operator's file and the ledger. */
export const holdsOf = (ports: ServerPorts, place: Place): Promise<readonly Hold[]> =>
  readHolds(
    {
      freezes: ports.settings.freezes,
      stretchesOf: stretchesOf(ports),
      readStream: (stream) => readChain(ports, stream),
    },
    place,
  );

/** Every hold there is or was, in the order in which they begin. */
export const everyHold = async (ports: ServerPorts): Promise<readonly Hold[]> => {
  const streams = await ports.ledger.streams(HOLD_KEYS);
  const placed = await eachOf(streams, WIDTH, async (stream) => holdsOnRecord(await readChain(ports, stream)));
  return [...configuredFreezes(ports.settings.freezes, undefined, stretchesOf(ports)), ...placed.flat()].sort(
    (a, b) => a.from - b.from || (a.id < b.id ? -1 : 1),
  );
};

export const findHold = async (ports: ServerPorts, id: string): Promise<Hold | undefined> =>
  (await everyHold(ports)).find((one) => one.id === id);

/**
 * Has every arbiter that it is about look again. What was written down counts without it: one that hears nothing now looks
 * within the hour.
 */
export const nudge = async (ports: ServerPorts, hold: Hold): Promise<void> => {
  const places = ports.settings.models.flatMap(({ name: model }) =>
    ports.settings.environments.map((environment) => ({ model, environment })),
  );
  await eachOf(
    places.filter((place) => isAbout(hold, place)),
    WIDTH,
    ({ model, environment }) =>
      orAbsent(ports.workflows.signal(environmentId(model, environment), lookSignal.name, undefined)).catch(
        () => undefined,
      ),
  );
};

/** What somebody placed it on. */
export const scopeOf = ({ models, environments }: Hold): HoldScope => ({
  ...(models?.[0] === undefined ? {} : { model: models[0] }),
  ...(environments?.[0] === undefined ? {} : { environment: environments[0] }),
});

/** The stream that a hold was written to. */
export const recordOf = (hold: Hold): string => holdStream(scopeOf(hold));
