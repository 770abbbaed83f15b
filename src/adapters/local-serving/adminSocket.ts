import { request } from 'node:http';

export interface Exchanged {
  readonly status: number;
  readonly body: unknown;
}

const TIMEOUT_MS = 20_000;

/** One exchange of JSON over the socket; rejects where no whole answer comes. */
export const exchangeJson = (
  socketPath: string,
  method: 'GET' | 'PUT',
  path: string,
  body?: unknown,
): Promise<Exchanged> =>
  new Promise((resolve, reject) => {
    const payload = body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body));
    const question = request(
      {
        socketPath,
        method,
        path,
        agent: false,
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: { 'content-type': 'application/json', 'content-length': payload.length },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          try {
            resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) });
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        });
      },
    );
    question.once('error', reject);
    question.end(payload);
  });
