import type { Version } from '../src/domain/artifact/types.js';
import type { Place } from '../src/domain/hold/types.js';
import { holdsHere, type HoldsHere } from './holdsHere.js';
import type { Ports } from './ports.js';

export interface LookForHoldsInput extends Place {
  /** What wants to go there. */
  readonly version: Version;
}

/** What keeps a version out of an environment now, and which freezes somebody let it pass. */
export const createLookForHolds =
  (ports: Ports) =>
  ({ model, environment, version }: LookForHoldsInput): Promise<HoldsHere> =>
    holdsHere(ports, { model, environment }, version);
