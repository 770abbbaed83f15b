import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';

export interface Exchange {
  readonly method: string;
  /** Path and query, encoded. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | Readable;
}

/** A store that says nothing for this long has not answered. */
const IDLE_TIMEOUT_MS = 20_000;

/** One HTTP request over kept-alive connections; resolves with the head of the response, its body still unread. */
export const createExchange = (
  endpoint: URL,
  silentForMs = IDLE_TIMEOUT_MS,
): ((exchange: Exchange) => Promise<http.IncomingMessage>) => {
  const transport = endpoint.protocol === 'https:' ? https : http;
  const agent = new transport.Agent({ keepAlive: true, maxSockets: 32 });
  return ({ method, target, headers, body }) =>
    new Promise((resolve, reject) => {
      const request = transport.request(
        {
          protocol: endpoint.protocol,
          hostname: endpoint.hostname.replace(/^\[|\]$/g, ''),
          port: endpoint.port,
          method,
          path: target,
          headers,
          agent,
        },
        resolve,
      );
      request.setTimeout(silentForMs, () => request.destroy(new Error(`silent for ${silentForMs / 1000} s`)));
      request.on('error', reject);
      if (body === undefined || body instanceof Uint8Array) {
        request.end(body);
        return;
      }
      body.on('error', (error) => request.destroy(error));
      request.on('close', () => body.destroy());
      body.pipe(request);
    });
};

/** The whole body; a connection that closes early is an error, and so are more than `maxBytes`. */
export const readBody = async (stream: Readable, maxBytes: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      stream.destroy();
      throw new Error(`more than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
};
