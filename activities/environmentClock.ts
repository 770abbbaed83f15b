import type { InferenceLog } from '../src/ports/inferenceLog.js';
import { encodeJson, readDocument } from './documents.js';
import type { EnvironmentClock, Ports } from './ports.js';

/**
 * The environment's event time that is "now", epoch milliseconds; undefined where nothing was logged yet and time
 * follows the log. A replay stands at its anchor when it is first looked at, and runs at its speed from there.
 */
export const environmentNow = async (
  ports: {
    readonly store: Ports['store'];
    readonly log: Pick<InferenceLog, 'newestEventTime'>;
    readonly settings: Pick<Ports['settings'], 'models'>;
  },
  model: string,
  environment: string,
): Promise<number | undefined> => {
  const clock = clockOf(ports, model, environment);
  if (clock.kind === 'wall') return Date.now();
  if (clock.kind === 'arrivals') return ports.log.newestEventTime(model, environment);
  const since = await replayedSince(ports.store, model, environment);
  return clock.anchor + (Date.now() - since) * clock.speed;
};

/**
 * Where the environment's event time can have begun: earlier ones are mistakes of callers, and no reason for windows.
 * Undefined where only the log says what time it is.
 */
export const environmentBegan = async (
  ports: { readonly log: Pick<InferenceLog, 'firstArrival'>; readonly settings: Pick<Ports['settings'], 'models'> },
  model: string,
  environment: string,
): Promise<number | undefined> => {
  const clock = clockOf(ports, model, environment);
  if (clock.kind === 'arrivals') return undefined;
  return clock.kind === 'wall' ? ports.log.firstArrival(model, environment) : clock.anchor;
};

const clockOf = (
  { settings }: { readonly settings: Pick<Ports['settings'], 'models'> },
  model: string,
  environment: string,
): EnvironmentClock => settings.models[model]?.clocks[environment] ?? { kind: 'wall' };

/** Written once, so that every worker tells the same time. */
const replayedSince = async (store: Ports['store'], model: string, environment: string): Promise<number> => {
  const key = `pointers/drift/${model}/${environment}.clock.json`;
  const known = await readDocument<{ since: number }>(store, key);
  if (known !== undefined) return known.since;
  await store.createDocument(key, encodeJson({ since: Date.now() })).catch(() => undefined);
  return (await readDocument<{ since: number }>(store, key))?.since ?? Date.now();
};
