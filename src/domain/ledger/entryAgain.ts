import { canonicalJson } from '../canonical.js';
import { SlipwayError } from '../errors/slipwayError.js';

interface Told {
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * The entry that a repeated append finds under its ID. A repeat says the same, at whatever time: where kind or body are
 * others somebody took the ID before, and who appends must not go on as if what they said were written.
 */
export const entryAgain = <
  E extends Told & { readonly stream: string; readonly seq: number; readonly entryId: string },
>(
  known: E,
  { kind, body }: Told,
): E => {
  if (known.kind === kind && canonicalJson(known.body) === canonicalJson(body)) return known;
  const { stream, seq, entryId } = known;
  throw new SlipwayError(
    'entry_taken',
    `entry ${seq} of ${stream} has the ID ${entryId} with ${known.kind === kind ? 'another content' : `the kind ${known.kind}, not ${kind}`}`,
    { stream, seq, entryId },
  );
};
