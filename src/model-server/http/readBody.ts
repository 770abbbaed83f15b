import type { IncomingMessage } from 'node:http';

export type Body =
  | { readonly kind: 'body'; readonly bytes: Buffer }
  | { readonly kind: 'too_large' }
  /** The caller went away, or sent less than it announced. */
  | { readonly kind: 'cut_off' };

/** The whole body, at most `limit` bytes; what is larger is not read on. */
export const readBody = (request: IncomingMessage, limit: number): Promise<Body> =>
  new Promise((resolve) => {
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > limit) {
      resolve({ kind: 'too_large' });
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        request.pause();
        request.removeAllListeners('data');
        resolve({ kind: 'too_large' });
      } else chunks.push(chunk);
    });
    request.once('end', () =>
      resolve({ kind: 'body', bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks) }),
    );
    request.once('error', () => resolve({ kind: 'cut_off' }));
    request.once('close', () => resolve({ kind: 'cut_off' }));
  });
