import { request } from 'node:http';

export interface Asked {
  readonly status: number;
  readonly body: unknown;
}

/** One short question to a model server over its socket; rejects where no whole answer comes in time. */
export const ask = (
  socketPath: string,
  method: 'GET' | 'PUT',
  path: string,
  timeoutMs: number,
  body?: unknown,
): Promise<Asked> =>
  new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const question = request(
      {
        socketPath,
        method,
        path,
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
        headers: payload === undefined ? {} : { 'content-length': payload.length },
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
