import { ResponderBuilder, ServerInterceptingCall, ServerListenerBuilder, type ServerInterceptor } from '@grpc/grpc-js';
import { CODES } from '../../domain/inference/grpc/status.js';

/** Who has not sent a whole request within so many milliseconds is cut off, whatever deadline it set. */
export const cutOffSlowSenders =
  (sendMs: number): ServerInterceptor =>
  (_method, call) => {
    const cutOff = (): void =>
      call.sendStatus({ code: CODES.deadlineExceeded, details: `no whole request in ${sendMs / 1000} s` });
    const timer = setTimeout(cutOff, sendMs);
    const listener = new ServerListenerBuilder()
      .withOnReceiveHalfClose((next) => {
        clearTimeout(timer);
        next();
      })
      .withOnCancel(() => clearTimeout(timer))
      .build();
    return new ServerInterceptingCall(call, new ResponderBuilder().withStart((next) => next(listener)).build());
  };
