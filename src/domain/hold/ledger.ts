import { ledgerPrefix } from '../ledger/keys.js';
import type { Hold, Place } from './types.js';

/** Kinds of entries in the streams of holds, and in a release's stream. */
export const HOLD_PLACED = 'hold.placed';
export const HOLD_LIFTED = 'hold.lifted';
export const FREEZE_OVERRIDDEN = 'freeze.overridden';

/** What a hold is about, as it was placed: a model, an environment, or one in the other. */
export interface HoldScope {
  readonly model?: string;
  readonly environment?: string;
}

const STREAMS = 'holds';
/** What the keys of all entries about holds begin with. */
export const HOLD_KEYS = ledgerPrefix(STREAMS);

const EVERY = '_';

/** Stream of the ledger for holds of one scope; no name is `_`. */
export const holdStream = ({ model = EVERY, environment = EVERY }: HoldScope): string =>
  `${STREAMS}/${model}/${environment}`;

/** The streams that may hold a place. */
export const holdStreamsOf = ({ model, environment }: Place): readonly string[] => [
  holdStream({ model, environment }),
  holdStream({ model }),
  holdStream({ environment }),
];

interface Entry {
  readonly kind: string;
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Every hold of a stream, with its end where somebody lifted it; what is no entry of ours says nothing. */
export const holdsOnRecord = (entries: readonly Entry[]): readonly Hold[] =>
  entries.flatMap(({ kind, body }): readonly Hold[] => {
    if (kind !== HOLD_PLACED || typeof body['id'] !== 'string') return [];
    const placed = body as unknown as Hold;
    const lifting = entries.find((other) => other.kind === HOLD_LIFTED && other.body['id'] === placed.id);
    if (lifting === undefined) return [placed];
    const { by, reason } = lifting.body as { readonly by: string; readonly reason: string };
    return [{ ...placed, lifted: { by, reason, at: lifting.at } }];
  });
