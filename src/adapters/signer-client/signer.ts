import { request } from 'node:http';
import { ERRORS, type ErrorCode } from '../../domain/errors/table.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { Signer } from '../../ports/signer.js';

const TIMEOUT_MS = 20_000;

/** The signer process, reached over its Unix socket. */
export const createSignerClient = (socketPath: string): Signer => ({
  attest: (provenance) => call(socketPath, 'POST', '/attest', provenance),
  signModel: (model, artifactDigest) => call(socketPath, 'POST', '/models', { model, artifactDigest }),
  attestRelease: (release) => call(socketPath, 'POST', '/releases', release),
  checkpoint: (streams) => call(socketPath, 'POST', '/checkpoints', { streams }),
  publicKeys: () => call(socketPath, 'GET', '/keys'),
});

const call = <T>(socketPath: string, method: string, path: string, body?: unknown): Promise<T> =>
  new Promise<T>((resolve, reject) => {
    const unreachable = (cause: unknown): void =>
      reject(new SlipwayError('signer_unreachable', `the signer at ${socketPath} does not answer`, {}, { cause }));
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers =
      text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const sent = request({ socketPath, method, path, headers, timeout: TIMEOUT_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', unreachable);
      response.on('end', () => {
        const answer = parse(Buffer.concat(chunks).toString('utf8'));
        if (response.statusCode === 200) resolve(answer as T);
        else reject(problem(answer));
      });
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer in ${TIMEOUT_MS / 1000} s`)));
    sent.on('error', unreachable);
    sent.end(text);
  });

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

const problem = (answer: unknown): SlipwayError => {
  const { code, detail } = (answer ?? {}) as { code?: unknown; detail?: unknown };
  const known = typeof code === 'string' && Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'internal';
  return new SlipwayError(known, typeof detail === 'string' ? detail : 'the signer refused');
};
