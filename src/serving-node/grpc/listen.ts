import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { CODES } from '../../domain/inference/grpc/status.js';
import type { NodeMetrics } from '../metrics.js';
import { ANSWER_MS } from '../route/inference.js';
import type { Call, Method, Reply, ServiceParts } from './call.js';
import { createMessageReader } from './messageReader.js';
import { createServices } from './service.js';
import { FULL, metadataOf, statusOf } from './status.js';
import { boundUnfinished } from './unfinished.js';

export interface GrpcListener {
  readonly port: number;
  /** Tells callers to go elsewhere (GOAWAY), answers what has been asked, and ends. */
  close(): Promise<void>;
}

export interface GrpcParts extends Omit<ServiceParts, 'reader'> {
  readonly metrics: Pick<NodeMetrics, 'grpc'>;
}

/** What a message has beside its tensors: names, shapes, parameters. */
const HEAD_BYTES = 1024 * 1024;
/** As over HTTP: who has not sent a whole request by then is cut off. */
const SEND_MS = 30_000;
/** A caller that went away shortly before its deadline waited for it: its clock began a moment earlier. */
const DEADLINE_SLACK_MS = 100;
const MINUTE_MS = 60_000;

/**
 * The Open Inference Protocol over gRPC, without TLS as the HTTP side: where it is needed, it ends before the node. No page in
 * a browser can speak to it, so names are not looked at.
 *
 * Errors: `port_taken`.
 */
export const listenGrpc = async (parts: GrpcParts, host: string, port: number): Promise<GrpcListener> => {
  const { limits, metrics } = parts;
  const room = { left: limits.bodiesBytes };
  const most = limits.requestBytes + HEAD_BYTES;
  const server = new Server({
    'grpc.max_receive_message_length': most,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': 256,
    // A peer that is gone is noticed; one that does not read what it asked for is cut off in the end.
    'grpc.keepalive_time_ms': MINUTE_MS,
    'grpc.keepalive_timeout_ms': MINUTE_MS / 3,
    'grpc.max_connection_age_ms': 5 * MINUTE_MS,
    'grpc.max_connection_age_grace_ms': limits.deadlineMs + ANSWER_MS,
    'grpc.enable_channelz': 0,
    interceptors: [
      boundUnfinished({
        sendMs: SEND_MS,
        most,
        room,
        refused: (path, code) => {
          const [, service = '', name = ''] = path.split('/');
          metrics.grpc.started(service, name);
          metrics.grpc.handled(service, name, code, 0);
        },
      }),
    ],
  });
  const reader = createMessageReader(limits.requestBytes);
  for (const [service, methods] of Object.entries(createServices({ ...parts, reader })))
    for (const [name, method] of Object.entries(methods)) {
      const handle = createHandler({ service, name, method, room, metrics });
      server.register<Buffer, Buffer>(`/${service}/${name}`, handle, itself, itself, 'unary');
    }
  const bound = await bind(server, host, port);
  return {
    port: bound,
    close: () =>
      new Promise((resolve) => {
        const force = setTimeout(() => server.forceShutdown(), limits.deadlineMs + ANSWER_MS);
        server.tryShutdown(() => {
          clearTimeout(force);
          reader.close().then(resolve, resolve);
        });
      }),
  };
};

/** Messages are read and written by the methods. */
const itself = (bytes: Buffer): Buffer => bytes;

const bind = (server: Server, host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const address = `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) return resolve(bound);
      reject(
        error.message.includes('EADDRINUSE')
          ? new SlipwayError('port_taken', `port ${port} of ${host} is used by another program`)
          : error,
      );
    });
  });

interface Handling {
  readonly service: string;
  readonly name: string;
  readonly method: Method;
  /** Bytes of all messages that are coming in, are being answered, or whose answers are not read yet. */
  readonly room: { left: number };
  readonly metrics: GrpcParts['metrics'];
}

const createHandler =
  ({ service, name, method, room, metrics }: Handling) =>
  (call: ServerUnaryCall<Buffer, Buffer>, respond: sendUnaryData<Buffer>): void => {
    const started = performance.now();
    metrics.grpc.started(service, name);
    const finish = (reply: Reply): void => {
      const code = reply.kind === 'answered' ? CODES.ok : reply.code;
      metrics.grpc.handled(service, name, code, performance.now() - started);
      send(call, respond, reply);
      reply.done?.();
    };
    const size = call.request.length;
    if (size > room.left) return finish(FULL);
    room.left -= size;
    const cancelled = new AbortController();
    const deadline = Number(call.getDeadline());
    // Said of every call once, also of one whose answer has been read to its end.
    call.once('cancelled', () => {
      room.left += size;
      if (Date.now() < deadline - DEADLINE_SLACK_MS) cancelled.abort();
    });
    const asked: Call = {
      header: (key) => call.metadata.get(key)[0]?.toString(),
      leftMs: deadline - Date.now(),
      cancelled: cancelled.signal,
    };
    Promise.resolve()
      .then(() => method(call.request, asked))
      .catch((error: unknown): Reply => ({
        kind: 'refused',
        code: CODES.internal,
        details: error instanceof Error ? error.message : String(error),
      }))
      .then(finish)
      .catch((error: unknown) => respond(statusOf(CODES.internal, String(error), undefined)));
  };

const send = (call: ServerUnaryCall<Buffer, Buffer>, respond: sendUnaryData<Buffer>, reply: Reply): void => {
  if (reply.kind === 'refused') return respond(statusOf(reply.code, reply.details, reply.pushbackMs));
  if (reply.headers !== undefined) call.sendMetadata(metadataOf(reply.headers));
  respond(null, Buffer.concat(reply.message));
};
