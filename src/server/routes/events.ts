import { Readable } from 'node:stream';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { Answer, Handlers } from '../call.js';
import { latestComments } from '../comments.js';
import type { Feed, FeedEvent } from '../events/feed.js';
import { releaseState, type Kind, type Seen } from '../events/look.js';
import { COMMENTS_TOLD } from '../events/said.js';
import { knownModel } from '../known.js';
import type { ServerPorts } from '../ports.js';
import { readRelease, releaseIdOf } from '../releaseState.js';

/** An event stream ends after this time: who comes back shows a token again, which may have been taken back. */
export const STREAM_LASTS_MS = 10 * 60_000;
const RETRY_MS = 2_000;
const END = 'end';

/** https://html.spec.whatwg.org/multipage/server-sent-events.html */
export const eventHandlers = (
  ports: ServerPorts,
  feed: Feed,
  lastsMs = STREAM_LASTS_MS,
): Pick<Handlers, 'events' | 'releaseEvents'> => {
  const open = new Map<string, number>();
  /** Counted until the connection is gone, also where it went before anything was sent. */
  const admit = (identity: string, gone: AbortSignal): AbortSignal => {
    const count = open.get(identity) ?? 0;
    const most = ports.settings.limits.eventStreams;
    if (count >= most)
      throw new SlipwayError('rate_limited', `${identity} has ${most} event streams open`, { limit: 'eventStreams' });
    // Whoever left while we looked will not leave once more, and would be counted for ever.
    if (gone.aborted) return gone;
    open.set(identity, count + 1);
    gone.addEventListener(
      'abort',
      () => {
        const left = open.get(identity)! - 1;
        if (left > 0) open.set(identity, left);
        else open.delete(identity);
      },
      { once: true },
    );
    return AbortSignal.any([gone, AbortSignal.timeout(lastsMs)]);
  };
  return {
    events: async ({ query: { model }, identity, lastEventId, signal }) => {
      if (model !== undefined) knownModel(ports, model);
      const wants = (seen: Seen): boolean => model === undefined || seen.model === model;
      const ending = admit(identity.name, signal);
      return stream(await feed.listen({ wants, signal: ending, ...(lastEventId && { after: lastEventId }) }));
    },
    releaseEvents: async ({ params, identity, lastEventId, signal }) => {
      const view = await readRelease(ports, params);
      const { outcome } = view;
      if (outcome !== undefined && lastEventId === END) return { status: 204, body: '', headers: HEADERS };
      const ending = admit(identity.name, signal);
      if (outcome !== undefined) {
        const state = releaseState(view, await latestComments(ports, params, COMMENTS_TOLD));
        const last: Seen = { kind: 'release', name: view.releaseId, model: view.model, state };
        return stream(only({ kind: 'reset', id: END, seen: [last] }), true);
      }
      const watch = releaseIdOf(params);
      const wants = (seen: Seen): boolean => seen.kind !== 'environment' && seen.name === watch;
      return stream(
        await feed.listen({ wants, watch, signal: ending, ...(lastEventId && { after: lastEventId }) }),
        true,
      );
    },
  };
};

const HEADERS = { 'cache-control': 'no-store', 'x-accel-buffering': 'no' };

async function* only(event: FeedEvent): AsyncGenerator<FeedEvent> {
  yield event;
}

/** `ends`: closes with the first outcome that it tells. */
const stream = (events: AsyncGenerator<FeedEvent>, ends = false): Answer => ({
  body: Readable.from(asText(events, ends), { objectMode: false, highWaterMark: 64 * 1024 }),
  type: 'text/event-stream; charset=utf-8',
  headers: HEADERS,
});

async function* asText(events: AsyncGenerator<FeedEvent>, ends: boolean): AsyncGenerator<Uint8Array> {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  yield encode(`retry: ${RETRY_MS}\n\n`);
  for await (const event of events) {
    if (event.kind === 'idle') {
      yield encode(': nothing new\n\n');
      continue;
    }
    const data = event.kind === 'reset' ? whole(event.seen) : { name: event.seen.name, state: event.seen.state };
    const name = event.kind === 'reset' ? 'reset' : event.seen.kind;
    yield encode(`id: ${event.id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    const outcome = ends ? outcomeIn(event.kind === 'reset' ? event.seen : [event.seen]) : undefined;
    if (outcome === undefined) continue;
    yield encode(`id: ${END}\nevent: end\ndata: ${JSON.stringify({ outcome })}\n\n`);
    return;
  }
}

const whole = (seen: readonly Seen[]): object => {
  const of = (kind: Kind): readonly object[] => seen.flatMap((one) => (one.kind === kind ? (one.state ?? []) : []));
  return { releases: of('release'), environments: of('environment'), approvals: of('approval') };
};

const outcomeIn = (seen: readonly Seen[]): string | undefined =>
  seen
    .map(({ state }) => (state as { readonly outcome?: string } | null)?.outcome)
    .find((found) => found !== undefined);
