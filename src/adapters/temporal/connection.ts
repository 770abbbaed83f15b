import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';

export interface TemporalOptions {
  /** host:port */
  readonly address: string;
  readonly namespace: string;
  readonly tls?:
    false | { readonly serverName?: string; readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Temporal Cloud. */
  readonly apiKey?: string;
  /** Shown in the engine's histories as who did it; proves nothing. */
  readonly identity?: string;
}

/** About two seconds of trying again, enough for a restart; then the caller hears that the engine does not answer. */
const ATTEMPTS = 6;
/** More than a whole history may have (50 MiB): whoever sends large signals must not make it unreadable. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** A connection that is made with the first call, and made again whenever it broke. */
export const openTemporalClient = (options: TemporalOptions): Client => {
  const { address, namespace, apiKey, identity } = options;
  const connection = Connection.lazy({
    address,
    tls: options.tls === undefined || options.tls === false ? false : tlsOf(options.tls),
    ...(apiKey === undefined ? {} : { apiKey }),
    connectTimeout: 2_000,
    interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts: ATTEMPTS }))],
    channelArgs: {
      'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
      'grpc.keepalive_permit_without_calls': 1,
      'grpc.keepalive_time_ms': 10_000,
      'grpc.keepalive_timeout_ms': 5_000,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 2_000,
    },
  });
  return new Client({ connection, namespace, ...(identity === undefined ? {} : { identity }) });
};

const tlsOf = ({ serverName, ca, cert, key }: Exclude<NonNullable<TemporalOptions['tls']>, false>) => ({
  ...(serverName === undefined ? {} : { serverNameOverride: serverName }),
  ...(ca === undefined ? {} : { serverRootCACertificate: Buffer.from(ca) }),
  ...(cert === undefined || key === undefined
    ? {}
    : { clientCertPair: { crt: Buffer.from(cert), key: Buffer.from(key) } }),
});
