import { constants, type ServerHttp2Stream } from 'node:http2';
import {
  ResponderBuilder,
  ServerInterceptingCall,
  ServerListenerBuilder,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { CODES, type Code } from '../../domain/inference/grpc/status.js';
import { FULL, statusOf } from './status.js';

export interface UnfinishedParts {
  /** Who has not sent a whole request within so many milliseconds is cut off, whatever deadline it set. */
  readonly sendMs: number;
  /** Bytes that a message may have, unpacked. */
  readonly most: number;
  /** Shared with the messages that are being answered. */
  readonly room: { left: number };
  /** Of a call that no method has seen. */
  readonly refused?: (path: string, code: Code) => void;
}

/** What a piece of a message costs beside its bytes: two objects and a stretch of memory of its own, where a frame has one byte. */
const PIECE_BYTES = 512;
/** What one byte of deflate may become at most (https://zlib.net/zlib_tech.html). */
const MOST_INFLATED = 1_032;

/**
 * Bounds what is held of requests that are not whole: in bytes over all connections, and in time. Without it 256 streams of each
 * connection may keep all but the last byte of the largest message. It has to be the first interceptor: the others are not shown the
 * stream that a message comes in.
 */
export const boundUnfinished =
  ({ sendMs, most, room, refused }: UnfinishedParts): ServerInterceptor =>
  ({ path }, call) => {
    const stream = streamOf(call);
    const received = { bytes: 0, pieces: 0, isPacked: false };
    let held = 0;
    let whole = false;
    const refuse = (status: ReturnType<typeof statusOf>): void => {
      stream.off('data', count);
      refused?.(path, status.code);
      call.sendStatus(status);
    };
    const timer = setTimeout(
      () => refuse(statusOf(CODES.deadlineExceeded, `no whole request in ${sendMs / 1000} s`, undefined)),
      sendMs,
    );
    const count = (piece: Buffer): void => {
      // The first byte of a message says whether it is compressed.
      if (received.pieces === 0) received.isPacked = piece[0] === 1;
      received.pieces += 1;
      received.bytes += piece.length;
      const needed = weigh(received, most);
      if (needed - held > room.left) return refuse(statusOf(FULL.code, FULL.details, FULL.pushbackMs));
      room.left -= needed - held;
      held = needed;
    };
    const release = (): void => {
      clearTimeout(timer);
      stream.off('data', count);
      room.left += held;
      held = 0;
    };
    stream.on('data', count);
    stream.once('close', release);
    const listener = new ServerListenerBuilder()
      .withOnReceiveHalfClose((next) => {
        whole = true;
        // From here on the method's own share of the room counts, which is taken in the same turn.
        release();
        next();
      })
      // Whatever ended the call, a deadline as well: a stream that its caller leaves open keeps what it has sent.
      .withOnCancel(() => void (whole || stream.close(constants.NGHTTP2_NO_ERROR)))
      .build();
    return new ServerInterceptingCall(call, new ResponderBuilder().withStart((next) => next(listener)).build());
  };

const weigh = (
  received: { readonly bytes: number; readonly pieces: number; readonly isPacked: boolean },
  most: number,
): number => {
  const { bytes, pieces, isPacked } = received;
  return pieces * PIECE_BYTES + (isPacked ? Math.max(bytes, Math.min(most, bytes * MOST_INFLATED)) : bytes);
};

/**
 * The stream of a call. `@grpc/grpc-js` gives interceptors whole messages only, and has no bound for what it gathers before; its types
 * hide the field. A version without it fails the first call that any test makes.
 */
const streamOf = (call: ServerInterceptingCallInterface): ServerHttp2Stream =>
  (call as unknown as { readonly stream: ServerHttp2Stream }).stream;
