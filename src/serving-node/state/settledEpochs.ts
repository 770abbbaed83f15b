import type { Logger } from 'pino';
import { pointerKey } from '../../domain/environment/pointerKey.js';
import { canFollow } from '../../domain/rollout/acceptEpoch.js';
import type { BlobStore } from '../../ports/blobStore.js';

/**
 * Epoch of the passage of a model that was settled here last, as the store has it; 0 where none was, undefined where
 * nobody can tell now. A disk that was restored from an older copy does not know of it, and without it would take
 * commands that were overtaken long ago.
 *
 * @param own the highest epoch that this node knows of; a number that cannot have followed it is not believed
 */
export type SettledEpoch = (model: string, own: number) => Promise<number | undefined>;

/** The store may be slow; a command waits no longer for it. */
const PATIENCE_MS = 3_000;

/** How long a store that did not answer is left alone: to give traffic back must not wait for it again and again. */
const ASK_AGAIN_MS = 30_000;

/** Learned once for each model: what is settled later is a command of this node's own. */
export const createSettledEpochs = (
  store: Pick<BlobStore, 'getDocument'>,
  environment: string,
  log: Logger,
): SettledEpoch => {
  const answers = new Map<string, { readonly answer: Promise<number | undefined>; failedAt?: number }>();
  const ask = async (model: string, own: number): Promise<number | undefined> => {
    try {
      const found = await inTime(store.getDocument(pointerKey(model, environment)));
      const epoch = found === undefined ? 0 : epochOf(found);
      if (!canFollow(epoch, own)) {
        log.warn({ model, epoch, own }, 'the pointer in the store names an epoch that cannot be, and does not count');
        return 0;
      }
      if (own > 0 && epoch > own) log.error({ model, epoch, own }, 'this disk is an older copy: it forgot an epoch');
      return epoch;
    } catch (error) {
      log.warn({ model, reason: String(error) }, 'the store does not tell which epoch was settled last');
      return undefined;
    }
  };
  return (model, own) => {
    const before = answers.get(model);
    if (before !== undefined && !(performance.now() - (before.failedAt ?? Infinity) > ASK_AGAIN_MS))
      return before.answer;
    const asked: { readonly answer: Promise<number | undefined>; failedAt?: number } = { answer: ask(model, own) };
    answers.set(model, asked);
    void asked.answer.then((epoch) => {
      if (epoch === undefined) asked.failedAt = performance.now();
    });
    return asked.answer;
  };
};

const epochOf = (bytes: Uint8Array): unknown => {
  const parsed = JSON.parse(Buffer.from(bytes).toString('utf8')) as { readonly epoch?: unknown } | null;
  return parsed?.epoch;
};

const inTime = <T>(answer: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer in ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
