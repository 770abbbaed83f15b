import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { ERRORS } from '../../domain/errors/table.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { readCommand } from '../../domain/rollout/readCommand.js';
import type { Deployments } from '../deployments.js';
import { readBody } from '../http.js';
import { showsToken } from './ownToken.js';
import { METRICS_TYPE, type NodeMetrics } from '../metrics.js';

export interface AdminParts {
  readonly environment: string;
  readonly deployments: Deployments;
  readonly metrics: NodeMetrics;
  /** What every question must show; undefined: nobody else can open the socket. */
  readonly token?: string;
}

const MAX_BODY = 256 * 1024;
const PATH = /^\/deployments\/([a-z0-9][a-z0-9-]{0,62})(\/traffic)?$/;

/** Commands and questions of the rollout, on a Unix socket that only the owner may open, or with a token. */
export const createAdmin =
  (parts: AdminParts): RequestListener =>
  (request, response) => {
    handle(parts, request, response).catch((error: unknown) => problem(response, error));
  };

const handle = async (parts: AdminParts, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { method, url = '/' } = request;
  if (parts.token !== undefined && !showsToken(parts.token, request.headers.authorization))
    throw new SlipwayError('unauthenticated', 'commands and questions come with the token of this serving node');
  if (method === 'GET' && url === '/health')
    return json(response, 200, { status: 'ok', environment: parts.environment });
  if (method === 'GET' && url === '/metrics') {
    const text = await parts.metrics.text();
    response.writeHead(200, { 'content-type': METRICS_TYPE }).end(text);
    return;
  }
  const [, model, traffic] = PATH.exec(url) ?? [];
  if (model !== undefined && method === 'PUT' && traffic === undefined)
    return json(response, 200, await apply(parts, model, request));
  if (model !== undefined && method === 'GET') {
    const deployment = parts.deployments.find(model);
    const found = traffic === undefined ? await deployment?.observe() : await deployment?.measure();
    if (found === undefined)
      throw new SlipwayError('not_found', `nothing was ever deployed for ${model} in ${parts.environment}`);
    return json(response, 200, found);
  }
  throw new SlipwayError('not_found', `the serving node has no ${method} ${url.slice(0, 200)}`);
};

const apply = async (parts: AdminParts, model: string, request: IncomingMessage) => {
  const body = await readBody(request, MAX_BODY);
  if (body.kind !== 'body')
    throw new SlipwayError('request_invalid', `the command is larger than ${MAX_BODY} bytes, or was cut off`);
  const read = readCommand(parse(body.bytes));
  if (read.kind === 'invalid') throw new SlipwayError(read.code, read.reason);
  const { command } = read;
  if (command.model !== model || command.environment !== parts.environment) {
    throw new SlipwayError(
      'request_invalid',
      `the command is for ${command.model} in ${command.environment}, this is ${model} in ${parts.environment}`,
    );
  }
  return parts.deployments.of(model).apply(command);
};

const parse = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new SlipwayError('request_invalid', 'the command is no JSON', {}, { cause });
  }
};

const json = (response: ServerResponse, status: number, value: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
};

const problem = (response: ServerResponse, error: unknown): void => {
  const known =
    error instanceof SlipwayError
      ? error
      : new SlipwayError('internal', error instanceof Error ? error.message : String(error));
  const { status, meaning } = ERRORS[known.code];
  if (response.headersSent) return void response.destroy();
  response
    .writeHead(status, {
      'content-type': 'application/problem+json',
      ...(known.code === 'unauthenticated' ? { 'www-authenticate': 'Bearer', connection: 'close' } : {}),
    })
    .end(JSON.stringify({ code: known.code, title: meaning, detail: known.message, status }));
};
