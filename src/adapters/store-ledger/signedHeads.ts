import type { Checkpoint } from '../../domain/ledger/checkpoint.js';
import type { SignedHead } from '../../domain/ledger/headFault.js';
import { CHECKPOINTS, checkpointOfKey } from '../../domain/ledger/keys.js';
import { eachOf } from './eachOf.js';
import { readBytes, type LedgerBucket } from './readBytes.js';

const PAGE = 1_000;

/** What checkpoints signed. */
export interface SignedHeads {
  /** The newest head of a stream; undefined: none was signed yet. */
  of(stream: string): Promise<SignedHead | undefined>;
  /** Every stream that has one. */
  streams(): Promise<readonly string[]>;
}

/**
 * Reads checkpoints as they come: each once, and with every question one look whether there are new ones. What was seen
 * once stays, also where somebody removes it from the bucket.
 *
 * @param open the checkpoint, where the signer of now signed it; others say nothing here, and an audit names them
 */
export const createSignedHeads = (
  bucket: LedgerBucket,
  open: (bytes: readonly Uint8Array[]) => Promise<readonly (Checkpoint | undefined)[]>,
): SignedHeads => {
  const heads = new Map<string, SignedHead>();
  let last: string | undefined;
  let looking: Promise<void> | undefined;

  const learn = ({ seq: checkpoint, heads: signed }: Checkpoint): void => {
    for (const [stream, head] of Object.entries(signed))
      if (head.seq > (heads.get(stream)?.seq ?? 0)) heads.set(stream, { ...head, checkpoint });
  };
  const look = async (): Promise<void> => {
    for (let page = last; ;) {
      const keys = await bucket.listDocuments(CHECKPOINTS, {
        limit: PAGE,
        ...(page === undefined ? {} : { startAfter: page }),
      });
      const placed = keys.filter((key) => checkpointOfKey(key) !== undefined);
      const bodies: Uint8Array[] = [];
      await eachOf([...placed.entries()], async ([at, key]) => void (bodies[at] = await readBytes(bucket, key)));
      const opened = bodies.length === 0 ? [] : await open(bodies);
      for (const [at, key] of placed.entries()) {
        const checkpoint = opened[at];
        // One that was signed for another place says what was so then; and what nobody signed hides none that is to come.
        if (checkpoint === undefined || checkpoint.seq !== checkpointOfKey(key)) continue;
        learn(checkpoint);
        last = key;
      }
      page = keys.at(-1) ?? page;
      if (keys.length < PAGE) return;
    }
  };

  /** Whoever asks meanwhile has what this look finds. */
  const upToDate = (): Promise<void> => (looking ??= look().finally(() => (looking = undefined)));

  return {
    of: async (stream) => {
      await upToDate();
      return heads.get(stream);
    },
    streams: async () => {
      await upToDate();
      return [...heads.keys()];
    },
  };
};
