import type { ServingSpec } from '../spec/types.js';

/**
 * What the spec in an artifact says of its replicas in one environment; undefined where it says nothing, or nothing
 * that can be done: then there is one process, as of every version from before there were replicas. A spec was checked
 * when it was packaged, by an older or newer Slipway.
 */
export const servingOf = (spec: unknown, environment: string): ServingSpec | undefined => {
  const environments: unknown = isRecord(spec) ? spec['environments'] : undefined;
  if (!Array.isArray(environments)) return undefined;
  const here: unknown = environments.find((one) => isRecord(one) && one['name'] === environment);
  const serving = isRecord(here) ? here['serving'] : undefined;
  if (!isRecord(serving) || !isRecord(serving['replicas'])) return undefined;
  const { min, max, inFlight, coolDownMs } = serving['replicas'];
  const { idleMs, coldStartMs } = serving;
  if (!isCount(min) || !isCount(max) || max < Math.max(min, 1) || max > MOST) return undefined;
  if (!isCount(inFlight) || inFlight < 1 || !isCount(coolDownMs) || !isCount(coldStartMs)) return undefined;
  if (idleMs !== undefined && !isCount(idleMs)) return undefined;
  return {
    replicas: { min, max, inFlight, coolDownMs },
    ...(idleMs === undefined ? {} : { idleMs }),
    coldStartMs,
  };
};

const MOST = 32;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
