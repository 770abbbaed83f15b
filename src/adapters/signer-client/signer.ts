import { ERRORS, type ErrorCode } from '../../domain/errors/table.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { Signer } from '../../ports/signer.js';
import { exchange } from '../../transport/exchange.js';

const TIMEOUT_MS = 20_000;

/** The signer process, reached over its Unix socket. */
export const createSignerClient = (socketPath: string): Signer => ({
  attest: (release) => call(socketPath, 'POST', '/attest', release),
  signModel: (model, artifactDigest) => call(socketPath, 'POST', '/models', { model, artifactDigest }),
  attestRelease: (release) => call(socketPath, 'POST', '/releases', release),
  checkpoint: (streams) => call(socketPath, 'POST', '/checkpoints', { streams }),
  publicKeys: () => call(socketPath, 'GET', '/keys'),
});

const call = async <T>(socketPath: string, method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> => {
  const { status, text } = await exchange({ socketPath }, { method, path, body, timeoutMs: TIMEOUT_MS }).catch(
    (cause: unknown) => {
      throw new SlipwayError('signer_unreachable', `the signer at ${socketPath} does not answer`, {}, { cause });
    },
  );
  const answer = parse(text);
  if (status !== 200) throw problem(answer);
  return answer as T;
};

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
