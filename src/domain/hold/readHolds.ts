import { holdStreamsOf, holdsOnRecord } from './ledger.js';
import type { Interval } from '../calendar/types.js';
import { configuredFreezes, type ConfiguredFreeze } from './configuredFreezes.js';
import type { Hold, Place } from './types.js';

type Entries = Parameters<typeof holdsOnRecord>[0];

/** Where holds stand: the operator's file, and the ledger, which the API writes them to. */
export interface HoldSources {
  readonly freezes: readonly ConfiguredFreeze[];
  readonly stretchesOf: (freeze: ConfiguredFreeze) => readonly Interval[];
  /** A stream of the ledger, as whole as its chain says it is. */
  readonly readStream: (stream: string) => Promise<Entries>;
}

/** Every hold that is, was or will be of a place, as far as it is known now. */
export const readHolds = async (
  { freezes, stretchesOf, readStream }: HoldSources,
  place: Place,
): Promise<readonly Hold[]> => [
  ...configuredFreezes(freezes, place, stretchesOf),
  ...(await Promise.all(holdStreamsOf(place).map(readStream))).flatMap(holdsOnRecord),
];
