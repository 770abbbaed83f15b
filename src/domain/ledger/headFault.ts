import { sayMissing } from './faults.js';
import type { ChainHead, StoredEntry } from './verifyChain.js';

/** A head that a checkpoint signed. */
export interface SignedHead extends ChainHead {
  readonly checkpoint: number;
}

/**
 * What is wrong with a stream as it was read, beside the newest head that was signed of it before: its tail was cut, or
 * that entry is another one. The rest of the chain hangs on that entry.
 */
export const headFault = (chain: readonly StoredEntry[], head: SignedHead | undefined): string | undefined => {
  if (head === undefined) return undefined;
  const last = chain.reduce((highest, { entry }) => Math.max(highest, entry.seq), 0);
  if (last < head.seq) return sayCut(last, head);
  return chain.some(({ entry, digest }) => entry.seq === head.seq && digest === head.digest)
    ? undefined
    : sayChanged(head);
};

export const sayCut = (last: number, { seq, checkpoint }: SignedHead): string =>
  `${sayMissing('entry', last + 1, seq)} from the end: checkpoint ${checkpoint} signed entry ${seq}`;

export const sayChanged = ({ seq, checkpoint }: SignedHead): string =>
  `entry ${seq} was changed: checkpoint ${checkpoint} signed another one`;
