import { createHash } from 'node:crypto';
import type { RouteShape } from '../contract/http/route.js';
import { canonicalJson } from '../domain/canonical.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { BlobStore } from '../ports/blobStore.js';
import type { Answer, Call } from './call.js';

/** What the store keeps of a key: which request it was for, and what that was answered once it was. */
interface Kept {
  /** SHA-256 of the body, hex. */
  readonly request: string;
  readonly status?: number;
  readonly body?: object;
}

const DAY_MS = 86_400_000;
const FOLDER = 'idempotency/';
/** Documents deleted at a time; who comes later deletes the rest. */
const SWEPT = 200;

type Asked = Pick<Call<RouteShape>, 'params' | 'body' | 'identity' | 'idempotencyKey'>;

export interface AnswersOnce {
  /**
   * What `work` answers; for a repeat with the same Idempotency-Key the first answer, from the store, so that any API
   * process gives it. `idempotency_key_reused` where the key came with another body before.
   *
   * A refusal is not kept: asked again it is judged again. Nor is an answer whose request was cut off; then `work` runs
   * again, and names what it does after the key, so that it is done once.
   */
  answer(route: RouteShape, call: Asked, work: () => Promise<Answer>): Promise<Answer>;
}

/** Keys count for the day (UTC) on which they came and the one after it. */
export const createAnswersOnce = (store: BlobStore, now: () => number): AnswersOnce => {
  let sweptOn = '';
  const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
  const sweep = async (): Promise<void> => {
    const today = dayOf(now());
    if (sweptOn === today) return;
    sweptOn = today;
    const kept = `${FOLDER}${dayOf(now() - DAY_MS)}`;
    const keys = await store.listDocuments(FOLDER, { limit: SWEPT });
    for (const key of keys) if (key < kept) await store.deleteDocument(key);
    if (keys.length === SWEPT && keys.at(-1)! < kept) sweptOn = '';
  };
  return {
    answer: async (route, call, work) => {
      if (call.idempotencyKey === undefined || route.method === 'GET' || route.secretAnswer === true) return work();
      const name = nameOf(route, call);
      const places = [now(), now() - DAY_MS].map((at) => `${FOLDER}${dayOf(at)}/${name}.json`);
      const request = createHash('sha256').update(canonicalJson(call.body)).digest('hex');
      const earlier = async (): Promise<Answer | 'claimed' | undefined> => {
        for (const place of places) {
          const kept = await read(store, place);
          if (kept === undefined) continue;
          if (kept.request !== request)
            throw new SlipwayError('idempotency_key_reused', 'this Idempotency-Key came with another body before');
          return kept.body === undefined ? 'claimed' : { status: kept.status ?? 200, body: kept.body };
        }
        return undefined;
      };
      const before = await earlier();
      if (typeof before === 'object') return before;
      if (before === undefined) await claim(store, places[0]!, request, earlier);
      // What is old is nobody's wait: the answer does not depend on it.
      void sweep().catch(() => undefined);
      try {
        const answer = await work();
        await keep(store, places[0]!, request, answer);
        return answer;
      } catch (error) {
        // The first may have been answered while this one was under way.
        const first = await earlier().catch(() => undefined);
        if (typeof first === 'object') return first;
        throw error;
      }
    },
  };
};

const nameOf = ({ method, url }: RouteShape, { idempotencyKey, identity, params }: Asked): string =>
  createHash('sha256')
    .update(canonicalJson([idempotencyKey, identity.name, method, url, params]))
    .digest('hex');

const read = async (store: BlobStore, place: string): Promise<Kept | undefined> => {
  const found = await store.getDocument(place);
  return found === undefined ? undefined : (JSON.parse(new TextDecoder().decode(found)) as Kept);
};

const claim = async (
  store: BlobStore,
  place: string,
  request: string,
  judge: () => Promise<unknown>,
): Promise<void> => {
  try {
    await store.createDocument(place, encode({ request }));
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'precondition_failed') throw error;
    await judge();
  }
};

/** Only whole JSON answers that say yes. */
const keep = async (store: BlobStore, place: string, request: string, { status, body }: Answer): Promise<void> => {
  if ((status ?? 200) >= 300 || typeof body !== 'object' || Object.getPrototypeOf(body) !== Object.prototype) return;
  await store.putDocument(place, encode({ request, status: status ?? 200, body }), 'application/json');
};

const encode = (kept: Kept): Uint8Array => new TextEncoder().encode(JSON.stringify(kept));
