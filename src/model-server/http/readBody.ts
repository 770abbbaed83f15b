import type { IncomingMessage } from 'node:http';
import type { BodyRoom } from './bodyRoom.js';

export type Body =
  | { readonly kind: 'body'; readonly bytes: Buffer }
  | { readonly kind: 'too_large' }
  /** Other bodies fill the room that there is for them. */
  | { readonly kind: 'no_room' }
  /** The caller went away, or sent less than it announced. */
  | { readonly kind: 'cut_off' };

/**
 * The whole body, at most `limit` bytes; what is larger is not read on. Whoever calls gives the bytes of a body back to `room`
 * when it is done with them.
 */
export const readBody = (request: IncomingMessage, limit: number, room: BodyRoom): Promise<Body> =>
  new Promise((resolve) => {
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > limit) {
      resolve({ kind: 'too_large' });
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    let settled = false;
    const settle = (body: Body): void => {
      if (settled) return;
      settled = true;
      if (body.kind !== 'body') {
        room.give(size);
        request.removeAllListeners('data').pause();
      }
      resolve(body);
    };
    request.on('data', (chunk: Buffer) => {
      if (size + chunk.length > limit) return settle({ kind: 'too_large' });
      if (!room.take(chunk.length)) return settle({ kind: 'no_room' });
      size += chunk.length;
      chunks.push(chunk);
    });
    request.once('end', () =>
      settle({ kind: 'body', bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks) }),
    );
    request.once('error', () => settle({ kind: 'cut_off' }));
    request.once('close', () => settle({ kind: 'cut_off' }));
  });
