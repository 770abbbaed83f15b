import { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Handlers } from '../call.js';
import { followLog, type LogPart } from '../followLog.js';
import type { ServerPorts } from '../ports.js';
import { readRelease } from '../releaseState.js';

export const logHandlers = (ports: ServerPorts): Pick<Handlers, 'releaseLogs'> => ({
  releaseLogs: async ({ params, query, accepts, lastEventId, signal }) => {
    await readRelease(ports, params);
    const parts = followLog(ports, params, {
      follow: query.follow === 'true',
      signal,
      ...(query.stage === undefined ? {} : { stage: query.stage }),
      ...(lastEventId === undefined ? {} : { after: lastEventId }),
    });
    const events = accepts('text/event-stream');
    return {
      body: Readable.from(events ? asEvents(parts) : asText(parts), { objectMode: false }),
      type: events ? 'text/event-stream; charset=utf-8' : 'text/plain; charset=utf-8',
      headers: { 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
    };
  },
});

/** Bytes as the commands wrote them, with a line of ours where a stage begins. */
async function* asText(parts: AsyncIterable<LogPart>): AsyncGenerator<Uint8Array> {
  let current = '';
  for await (const part of parts) {
    if (part.kind !== 'log') continue;
    const heading = `${part.stage} ${part.attempt}`;
    if (heading !== current) yield new TextEncoder().encode(`==> ${part.stage}, attempt ${part.attempt}\n`);
    current = heading;
    yield part.bytes;
  }
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html; a comment now and then keeps proxies from hanging up. */
async function* asEvents(parts: AsyncIterable<LogPart>): AsyncGenerator<Uint8Array> {
  const decoders = new Map<string, StringDecoder>();
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  for await (const part of parts) {
    if (part.kind === 'idle') yield encode(': waiting\n\n');
    else if (part.kind === 'end')
      yield encode(`event: end\ndata: ${JSON.stringify({ outcome: part.outcome ?? null })}\n\n`);
    else {
      const { stage, attempt } = part;
      const decoder = decoders.get(`${stage}.${attempt}`) ?? new StringDecoder('utf8');
      decoders.set(`${stage}.${attempt}`, decoder);
      const text = decoder.write(Buffer.from(part.bytes));
      yield encode(`id: ${part.id}\nevent: log\ndata: ${JSON.stringify({ stage, attempt, text })}\n\n`);
    }
  }
}
