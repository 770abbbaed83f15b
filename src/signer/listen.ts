import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { mkdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { ERRORS } from '../domain/errors/table.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { Signer } from '../ports/signer.js';
import { modelOf, releaseOf, streamsOf } from './requests.js';

const MAX_BODY = 1024 * 1024;

type Route = (body: unknown) => Promise<unknown>;

/** HTTP on a Unix socket that only the owner may open. */
export const listen = async (signer: Signer, socketPath: string): Promise<Server> => {
  const routes: Readonly<Record<string, Route>> = {
    'GET /health': async () => ({ status: 'ok' }),
    'GET /keys': () => signer.publicKeys(),
    'POST /attest': (body) => signer.attest(releaseOf(body)),
    'POST /models': (body) => {
      const { model, artifactDigest } = modelOf(body);
      return signer.signModel(model, artifactDigest);
    },
    'POST /releases': (body) => signer.attestRelease(releaseOf(body)),
    'POST /checkpoints': (body) => signer.checkpoint(streamsOf(body)),
  };
  const server = createServer((request, response) => void answer(routes, request, response));
  await mkdir(dirname(socketPath), { recursive: true });
  if (await isAnswered(socketPath)) throw new SlipwayError('port_taken', `another signer listens at ${socketPath}`);
  await rm(socketPath, { force: true });
  // The socket is born with the narrow rights; to narrow them afterwards would leave a moment in between.
  const umask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socketPath, resolve);
    });
  } finally {
    process.umask(umask);
  }
  return server;
};

/** A socket file may also be what a killed signer left behind. */
const isAnswered = (socketPath: string): Promise<boolean> =>
  new Promise((resolve) => {
    const connection = connect(socketPath);
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => resolve(false));
  });

const answer = async (
  routes: Readonly<Record<string, Route>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const send = (status: number, body: unknown): void => {
    response
      .writeHead(status, { 'content-type': status === 200 ? 'application/json' : 'application/problem+json' })
      .end(JSON.stringify(body));
  };
  try {
    const route = routes[`${request.method} ${request.url}`];
    if (route === undefined) throw new SlipwayError('not_found', `the signer has no ${request.method} ${request.url}`);
    send(200, await route(request.method === 'POST' ? await readBody(request) : undefined));
  } catch (error) {
    const known =
      error instanceof SlipwayError
        ? error
        : new SlipwayError('internal', error instanceof Error ? error.message : String(error));
    send(ERRORS[known.code].status, {
      code: known.code,
      title: ERRORS[known.code].meaning,
      detail: known.message,
      status: ERRORS[known.code].status,
    });
  }
};

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw new SlipwayError('request_invalid', `the body is larger than ${MAX_BODY} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch (cause) {
    throw new SlipwayError('request_invalid', 'the body is no JSON', {}, { cause });
  }
};
