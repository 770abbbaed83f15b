import { request } from 'node:http';

/** Where a process of ours listens: its Unix socket, or a port of this machine. */
export type Address = { readonly socketPath: string } | { readonly host: string; readonly port: number | string };

export interface Question {
  readonly method?: 'GET' | 'PUT' | 'POST';
  readonly path: string;
  /** For the whole exchange. */
  readonly timeoutMs: number;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Shown to whoever is asked. */
  readonly token?: string;
}

export interface Exchanged {
  readonly status: number;
  readonly text: string;
}

/** More than any answer of ours, and no more than memory has room for. */
const MAX_BYTES = 64 * 1024 * 1024;

/** One question to a process of ours; rejects where no whole answer comes in time. */
export const exchange = (address: Address, question: Question): Promise<Exchanged> =>
  new Promise((resolve, reject) => {
    const { method = 'GET', path, timeoutMs, token } = question;
    const payload = question.body === undefined ? undefined : Buffer.from(JSON.stringify(question.body));
    const headers = {
      ...(payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': payload.length }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const signal = AbortSignal.timeout(timeoutMs);
    const fail = (error: Error): void =>
      reject(signal.aborted ? new Error(`no answer in ${timeoutMs / 1000} s`, { cause: error }) : error);
    const sent = request({ ...address, method, path, agent: false, signal, headers }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_BYTES) response.destroy(new Error(`an answer of more than ${MAX_BYTES} bytes`));
        else chunks.push(chunk);
      });
      response.once('error', fail);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    sent.once('error', fail);
    sent.end(payload);
  });

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The same where the answer is JSON; rejects where it is not. */
export const exchangeJson = async (address: Address, question: Question): Promise<Answer> => {
  const { status, text } = await exchange(address, question);
  return { status, body: JSON.parse(text) as unknown };
};
